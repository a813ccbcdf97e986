import type { Event } from '@millrace/events';
import {
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
  openStream,
  promoteDue,
  renewLeases,
  type Stream,
  toFields,
} from '@millrace/stream-client';
import { EventMaker } from '../load/events.ts';
import { cpuMicrosOf } from '../processes/bench-process.ts';
import { type BenchRedis, startRedis } from '../processes/redis-level.ts';
import { fitConsumer } from './fit-consumer.ts';
import { type Footprint, measureFootprint } from './fit-footprint.ts';
import { fitSockets } from './fit-sockets.ts';
import type { Costs } from './settings.ts';

const CONSUMER = 'fit';
/** Things in a small call and in a large one: the difference tells what each costs, the rest what the call costs. */
const LARGE = 128;
const TIMES = { small: 1_500, large: 60 };

/**
 * What the commands of a real Redis and the events of a real consumer cost on this machine, by the scheduler's account of
 * time on a core. Elapsed time is looked at for the disk alone.
 */
export async function fit(): Promise<Costs & { readonly footprint: Readonly<Record<string, Footprint>> }> {
  const redis = await startRedis('memory');
  const stream = await openStream({ redisUrl: redis.url, durability: 'memory' });
  try {
    const pid = Number(/^process_id:(\d+)/m.exec(await redis.redis.info('server'))?.[1]);
    const fitting = new Fitting(redis, stream, pid);
    const costs = await fitting.fitRedis();
    return {
      redis: { ...costs, sync: await measureSync() },
      consumer: await fitConsumer(),
      footprint: {
        '300 bytes of data': await measureFootprint(300),
        '1000 bytes of data': await measureFootprint(1_000),
      },
    };
  } finally {
    await stream.close();
    await redis.stop();
  }
}

class Fitting {
  readonly #redis: BenchRedis;
  readonly #stream: Stream;
  readonly #pid: number;
  readonly #cpu: () => number;
  readonly #events = new EventMaker(300);

  constructor(redis: BenchRedis, stream: Stream, pid: number) {
    this.#redis = redis;
    this.#stream = stream;
    this.#pid = pid;
    this.#cpu = () => cpuMicrosOf(pid) ?? Number.NaN;
  }

  async fitRedis() {
    const { turn, socket, command, publish } = await fitSockets({
      ...this.#redis,
      pid: this.#pid,
      cpuMicros: this.#cpu,
    });
    const roundTrip = turn + socket + command;
    const line = async (run: (size: number) => () => Promise<unknown>) => {
      const small = await this.#cost(TIMES.small, run(1));
      const large = await this.#cost(TIMES.large, run(LARGE));
      const each = Math.max(0, (large - small) / (LARGE - 1));
      return { base: rounded(Math.max(0, small - each - roundTrip)), each: rounded(each) };
    };
    const append = await line((size) => () => this.#append(size));
    const read = await line((size) => () => this.#read(size));
    const plain = await this.#fitSettle('done', line);
    const full = await this.#fitSettle('retrying', line);
    const promote = await line((size) => () => promoteDue(this.#stream, size));
    const heartbeat = await this.#fitOfHeld(line, (held) => renewLeases(this.#stream, CONSUMER, held));
    const claim = await this.#fitOfHeld(line, (held) => this.#claim(0, held.length));
    const examined = await this.#fitExamined(claim.base + roundTrip);
    const lanes = await this.#fitOfHeld(line, (held) => this.#enterLanes(held));
    const look = await this.#fitLook(roundTrip);
    const calls = await line((size) => () => this.#noteCalls(size));
    return {
      turn: rounded(turn),
      socket: rounded(socket),
      command: rounded(command),
      append,
      read,
      // Settling publishes to nobody here.
      settle: { base: rounded(Math.max(0, plain.base - publish.base)), plain: plain.each, full: full.each },
      heartbeat,
      claim: { ...claim, examined: Math.round(1_000 * examined) / 1_000 },
      promote,
      lanes: { base: lanes.base, joining: lanes.each, asking: lanes.each },
      look,
      publish: { base: rounded(publish.base), each: rounded(publish.each), socket: rounded(publish.socket) },
      calls,
    };
  }

  /** Time on Redis' core for one of many calls, in µs. */
  async #cost(times: number, run: () => Promise<unknown>): Promise<number> {
    const before = this.#cpu();
    for (let n = 0; n < times; n++) await run();
    return (this.#cpu() - before) / times;
  }

  #append(size: number): Promise<readonly AppendResult[]> {
    const appender = createAppender(this.#stream, { maxBacklog: 1e9, deadlineMs: 30_000 });
    const next = (): Event => this.#events.next();
    return Promise.all(Array.from({ length: size }, () => appender.append(next())));
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

  async #fitSettle(state: 'done' | 'retrying', line: (run: (size: number) => () => Promise<unknown>) => Promise<Line>) {
    const held = await this.#hold(TIMES.small + TIMES.large * LARGE);
    const settler = createSettler(this.#stream, CONSUMER);
    const detail = {
      version: '1',
      effects: [{ step: '0', state: 'done', key: 'k'.repeat(43), server: 'aws', tool: 't' }],
    };
    const later = state === 'retrying' ? { delayMs: 0, unsent: 0 } : {};
    const outcomes = [{ route: 'call', state, attempt: 1, detail, ...later }] as const;
    return line((size) => () => {
      const settlements = held.splice(0, size).map((entry) => settler.settle({ entry, routes: ['call'], outcomes }));
      return Promise.all(settlements);
    });
  }

  /** Of something that is done to entries which stay held. */
  async #fitOfHeld(
    line: (run: (size: number) => () => Promise<unknown>) => Promise<Line>,
    act: (held: readonly HeldEntry[]) => Promise<unknown>,
  ): Promise<Line> {
    await this.#redis.redis.flushall();
    const { redis, keys } = this.#stream;
    await redis.xgroup('CREATE', keys.events, GROUP, '0', 'MKSTREAM');
    const held = (await this.#hold(LARGE)).map((entry) => ({ ...entry, entryId: entry.id, running: [RUNNING] }));
    return line((size) => () => act(held.slice(0, size)));
  }

  #claim(minIdleMs: number, maxCount: number): Promise<unknown> {
    return claimIdle(this.#stream, CONSUMER, { minIdleMs, cursor: FIRST_CURSOR, maxCount });
  }

  #enterLanes(held: readonly HeldEntry[]): Promise<unknown> {
    const asking = held.map((entry, n) => ({ entry, route: 'call', lane: `call:${n}` }));
    return enterLanes(this.#stream, CONSUMER, undefined, asking);
  }

  /** By the consumers that the group knows. */
  async #fitLook(roundTrip: number): Promise<Line> {
    const { redis, keys } = this.#stream;
    const look = () => lookAt(this.#stream, 0);
    const few = await this.#cost(TIMES.small, look);
    for (let n = 0; n < LARGE; n++) await redis.xgroup('CREATECONSUMER', keys.events, GROUP, `idle-${n}`);
    const each = Math.max(0, ((await this.#cost(TIMES.small, look)) - few) / LARGE);
    return { base: rounded(Math.max(0, few - each - roundTrip)), each: rounded(each) };
  }

  #noteCalls(size: number): Promise<void> {
    const made = { tool: 't', route: 'call', attempt: 1, outcome: 'done', durationMs: 50.1, consumer: CONSUMER };
    const calls = Array.from({ length: size }, () => ({ ...made, at: new Date(), ref: `0-${performance.now()}-0` }));
    return noteCalls(this.#stream, 'tool', calls);
  }

  async #fitExamined(callMicros: number): Promise<number> {
    const pending = 20_000;
    await this.#hold(pending);
    const all = await this.#cost(30, () => this.#claim(3_600_000, pending / 10));
    return Math.max(0, (all - callMicros) / pending);
  }
}

interface Line {
  readonly base: number;
  readonly each: number;
}

type HeldEntry = Entry & { readonly entryId: string; readonly running: readonly (typeof RUNNING)[] };
const RUNNING = { route: 'call', attempt: 1 } as const;

/** What a turn that writes costs and takes beyond one that does not; by the clock, and so by what else the machine does. */
async function measureSync() {
  const synced = await startRedis('fsync');
  const pid = Number(/^process_id:(\d+)/m.exec(await synced.redis.info('server'))?.[1]);
  const look = async (run: () => Promise<unknown>) => {
    const times: number[] = [];
    const before = cpuMicrosOf(pid) ?? Number.NaN;
    for (let n = 0; n < SYNCS; n++) {
      const begunAt = performance.now();
      await run();
      times.push(1_000 * (performance.now() - begunAt));
    }
    const work = ((cpuMicrosOf(pid) ?? Number.NaN) - before) / SYNCS;
    return { work, takes: times.sort((a, b) => a - b)[SYNCS / 2] as number };
  };
  try {
    const [write, read] = [await look(() => synced.redis.set('key', 'value')), await look(() => synced.redis.ping())];
    return { work: rounded(write.work - read.work), takes: rounded(Math.max(0, write.takes - read.takes)) };
  } finally {
    await synced.stop();
  }
}

const SYNCS = 500;

function rounded(micros: number): number {
  return Math.round(10 * micros) / 10;
}
