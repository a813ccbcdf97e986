import {
  type Appender,
  type AppendResult,
  claimIdle,
  createAppender,
  createSettler,
  decodeEntry,
  type Entry,
  enterLanes,
  FIRST_CURSOR,
  GROUP,
  lookAt,
  noteCalls,
  promoteDue,
  renewLeases,
  type Stream,
  toFields,
} from '@millrace/stream-client';
import { EventMaker } from '../load/events.ts';
import type { BenchRedis } from '../processes/redis-level.ts';
import { fitSockets } from './fit-sockets.ts';
import type { RedisCosts, Step } from './redis/costs.ts';
import { costsAfterRest, type RedisMeter } from './redis-meter.ts';

const CONSUMER = 'fit';
/** Things in a small call and in a large one: the difference tells what each costs. */
const LARGE = 128;
/** Small calls that arrive together: their share is what a call costs in company. */
const COMPANY = 32;
const TIMES = { small: 600, large: 40, company: 40 };
/** Things that are used up by a fit, and some to spare. */
const MANY = TIMES.small + TIMES.large * LARGE + TIMES.company * COMPANY + 1_000;

/** What commands and scripts of ours cost a Redis: in company, after a rest, and for each thing in them. */
export class CommandFit {
  readonly #redis: BenchRedis;
  readonly #stream: Stream;
  readonly #meter: RedisMeter;
  readonly #events = new EventMaker(300);
  readonly #appenders: readonly Appender[];
  #command = 0;

  constructor(redis: BenchRedis, stream: Stream, meter: RedisMeter) {
    this.#redis = redis;
    this.#stream = stream;
    this.#meter = meter;
    const settings = { maxBacklog: 1e9, deadlineMs: 30_000 };
    this.#appenders = Array.from({ length: COMPANY }, () => createAppender(stream, settings));
  }

  async fit(): Promise<Omit<RedisCosts, 'sync'>> {
    const { alone, turn, socket, rouse, command, publish } = await fitSockets({ ...this.#redis, meter: this.#meter });
    this.#command = command;
    const append = await this.#fitAppend();
    const warm = turn.base + socket + command + append.base + append.each;
    const coldAfter = await this.#meter.coldAfter(warm, () => this.#append(1));
    const delivering = await this.#line((size) => this.#read(size));
    await this.#read(MANY);
    const read = await this.#step(() => this.#read(1), 0);
    const deliver = {
      base: Math.max(0, delivering.base - read.base),
      cold: Math.max(0, delivering.cold - read.cold),
      each: delivering.each,
    };
    const { each: plain, base, cold } = await this.#fitSettle('done');
    const { each: full } = await this.#fitSettle('retrying');
    const promote = await this.#fitPromote(alone);
    const heartbeat = await this.#fitOfHeld((held) => renewLeases(this.#stream, CONSUMER, held));
    const claim = await this.#fitOfHeld((held) => this.#claim(0, held.length));
    const examined = await this.#fitExamined(claim.base);
    const lanes = await this.#fitOfHeld((held) => this.#enterLanes(held));
    const look = await this.#fitLook();
    const calls = await this.#line((size) => this.#noteCalls(size));
    return {
      idle: this.#meter.idle,
      coldAfter,
      turn,
      socket,
      rouse,
      command,
      append,
      read,
      deliver,
      // Settling publishes to nobody here.
      settle: { base: Math.max(0, base - publish.base), cold, plain, full },
      heartbeat,
      claim: { ...claim, examined },
      promote,
      lanes: { base: lanes.base, cold: lanes.cold, joining: lanes.each, asking: lanes.each },
      look,
      publish,
      calls,
    };
  }

  /** `place`: which of those that arrive together it is. */
  async #line(run: (size: number, place?: number) => Promise<unknown>): Promise<Line> {
    const small = await this.#meter.cost(TIMES.small, () => run(1));
    const large = await this.#meter.cost(TIMES.large, () => run(LARGE));
    const each = Math.max(0, (large - small) / (LARGE - 1));
    return { ...(await this.#step((place) => run(1, place), each)), each };
  }

  async #step(run: (place?: number) => Promise<unknown>, things: number): Promise<Step> {
    const together = () => Promise.all(Array.from({ length: COMPANY }, (_none, place) => run(place)));
    const inCompany = (await this.#meter.cost(TIMES.company, together)) / COMPANY;
    const base = Math.max(0, inCompany - this.#command - things);
    return { base, cold: Math.max(0, (await this.#moreThanPing(() => run())) - base - things) };
  }

  /** After a rest: waking up, and having the answer wake its asker, are in a ping as well. */
  async #moreThanPing(run: () => Promise<unknown>): Promise<number> {
    const meter = this.#meter;
    const [ping = 0, own = 0] = await costsAfterRest([
      { meter, run: () => this.#redis.redis.ping() },
      { meter, run },
    ]);
    return own - ping;
  }

  /** It asks for the time, and for what is due, before its script; several at once would find the same. */
  async #fitPromote(alone: number): Promise<Line> {
    const run = (size: number) => promoteDue(this.#stream, size);
    const small = await this.#meter.cost(TIMES.small, () => run(1));
    const each = Math.max(0, ((await this.#meter.cost(TIMES.large, () => run(LARGE))) - small) / (LARGE - 1));
    const base = Math.max(0, small - 3 * alone - each);
    const more = await this.#moreThanPing(() => run(1));
    return { base, cold: Math.max(0, more - 2 * alone - base - each), each };
  }

  async #fitAppend(): Promise<Line> {
    // An appender asks how full Redis is, with its first append and then seldom.
    for (const place of this.#appenders.keys()) await this.#append(1, place);
    return this.#line((size, place) => this.#append(size, place));
  }

  /** What is appended by one of them at the same time travels as one. */
  #append(size: number, place = 0): Promise<readonly AppendResult[]> {
    const appender = this.#appenders[place] as Appender;
    return Promise.all(Array.from({ length: size }, () => appender.append(this.#events.next())));
  }

  async #read(size: number): Promise<Entry[]> {
    const { keys, redis } = this.#stream;
    const where = ['COUNT', size, 'STREAMS', keys.events, '>'];
    const reply = (await redis.callBuffer('XREADGROUP', 'GROUP', GROUP, CONSUMER, ...where)) as
      | [Buffer, [Buffer, Buffer[]][]][]
      | null;
    const hold = { deliveryCount: 1, wasHeld: false };
    return (reply?.[0]?.[1] ?? []).flatMap(([id, flat]) => {
      const entry = decodeEntry(keys, id.toString(), hold, toFields(flat));
      return entry.kind === 'entry' ? [entry] : [];
    });
  }

  async #hold(count: number): Promise<Entry[]> {
    for (let left = count; left > 0; left -= 1_000) await this.#append(Math.min(left, 1_000));
    return this.#read(count);
  }

  async #fitSettle(state: 'done' | 'retrying'): Promise<Line> {
    const held = await this.#hold(MANY);
    const detail = {
      version: '1',
      effects: [{ step: '0', state: 'done', key: 'k'.repeat(43), server: 'aws', tool: 't' }],
    };
    const later = state === 'retrying' ? { delayMs: 0, unsent: 0 } : {};
    const outcomes = [{ route: 'call', state, attempt: 1, detail, ...later }] as const;
    return this.#line((size) => {
      // One of its own, or small calls would travel as one.
      const settler = createSettler(this.#stream, CONSUMER);
      const settlements = held.splice(0, size).map((entry) => settler.settle({ entry, routes: ['call'], outcomes }));
      return Promise.all(settlements);
    });
  }

  /** Of something that is done to entries which stay held. */
  async #fitOfHeld(act: (held: readonly HeldEntry[]) => Promise<unknown>): Promise<Line> {
    await this.#redis.redis.flushall();
    const { redis, keys } = this.#stream;
    await redis.xgroup('CREATE', keys.events, GROUP, '0', 'MKSTREAM');
    const held = (await this.#hold(LARGE)).map((entry) => ({ ...entry, entryId: entry.id, running: [RUNNING] }));
    return this.#line((size) => act(held.slice(0, size)));
  }

  #claim(minIdleMs: number, maxCount: number): Promise<unknown> {
    return claimIdle(this.#stream, CONSUMER, { minIdleMs, cursor: FIRST_CURSOR, maxCount });
  }

  #enterLanes(held: readonly HeldEntry[]): Promise<unknown> {
    const asking = held.map((entry, n) => ({ entry, route: 'call', lane: `call:${n}` }));
    return enterLanes(this.#stream, CONSUMER, undefined, asking);
  }

  /** By the consumers that the group knows. */
  async #fitLook(): Promise<Line> {
    const { redis, keys } = this.#stream;
    const look = () => lookAt(this.#stream, 0);
    const step = await this.#step(look, 0);
    const few = await this.#meter.cost(TIMES.small, look);
    for (let n = 0; n < LARGE; n++) await redis.xgroup('CREATECONSUMER', keys.events, GROUP, `idle-${n}`);
    return { ...step, each: Math.max(0, ((await this.#meter.cost(TIMES.small, look)) - few) / LARGE) };
  }

  #noteCalls(size: number): Promise<void> {
    const made = { tool: 't', route: 'call', attempt: 1, outcome: 'done', durationMs: 50.1, consumer: CONSUMER };
    const calls = Array.from({ length: size }, () => ({ ...made, at: new Date(), ref: `0-${performance.now()}-0` }));
    return noteCalls(this.#stream, 'tool', calls);
  }

  async #fitExamined(callMicros: number): Promise<number> {
    const pending = 20_000;
    await this.#hold(pending);
    const all = await this.#meter.cost(30, () => this.#claim(3_600_000, pending / 10));
    return Math.max(0, (all - callMicros) / pending);
  }
}

type Line = Step & { readonly each: number };
type HeldEntry = Entry & { readonly entryId: string; readonly running: readonly (typeof RUNNING)[] };
const RUNNING = { route: 'call', attempt: 1 } as const;
