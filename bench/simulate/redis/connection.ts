import type { Cpu } from '../cpu.ts';
import type { VirtualTime } from '../virtual-time.ts';
import type { LogEntry } from './event-log.ts';
import type { RedisNode } from './node.ts';
import type { Partition } from './partition.ts';
import { type Argument, SCRIPTS } from './scripts.ts';

/** Where a connection leads, and whose it is. */
export interface ConnectionEnds {
  readonly node: RedisNode;
  readonly partitions: readonly Partition[];
  readonly time: VirtualTime;
  /** One way, in ms. */
  readonly networkMs: number;
  /** The process that holds it. */
  readonly cpu: Cpu;
  /** What a reply costs that process, in µs. */
  readonly replyMicros: (command: string, reply: unknown) => number;
}

/** A reply that comes later. */
const LATER = Symbol('later');

/**
 * A connection to the modelled Redis, with the commands of ioredis that our code sends. Cast it to an ioredis connection:
 * whatever else were asked of it would be undefined, and fail loudly.
 */
export class SimulatedConnection {
  readonly status = 'ready';
  readonly #ends: ConnectionEnds;
  readonly #byKey = new Map<string, Partition>();
  /** Ends the read that waits, if one does. */
  #unblock: () => void = () => undefined;

  constructor(ends: ConnectionEnds) {
    this.#ends = ends;
    for (const partition of ends.partitions)
      for (const key of Object.values(partition.keys)) if (typeof key === 'string') this.#byKey.set(key, partition);
    const scripts = Object.keys(SCRIPTS).map((name) => [
      name,
      (count: number, ...rest: Argument[]) => this.script(name, rest.slice(0, count).map(String), rest.slice(count)),
    ]);
    Object.assign(this, Object.fromEntries(scripts));
  }

  script(name: string, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    const partition = this.#at(keys[0] ?? '');
    return this.#send(name, () => (SCRIPTS[name] as (typeof SCRIPTS)[string])(partition, keys, args));
  }

  callBuffer(command: 'XREADGROUP' | 'XRANGE', ...args: (string | number)[]): Promise<unknown> {
    return command === 'XREADGROUP' ? this.#read(args.map(String)) : this.#range(args.map(String));
  }

  time(): Promise<unknown> {
    const { node } = this.#ends;
    return this.#send('time', () => {
      const micros = Math.floor(node.time.epochMs * 1_000);
      return [String(Math.floor(micros / 1_000_000)), String(micros % 1_000_000)];
    });
  }

  zrange(key: string, ...range: readonly unknown[]): Promise<unknown> {
    const partition = this.#at(key);
    return this.#send('zrange', () => {
      if (key !== partition.keys.due || range[0] === '+inf') return [];
      return partition.due.upTo(Number(range[1]), Number(range.at(-1)));
    });
  }

  sscan(key: string): Promise<unknown> {
    const { lanes } = this.#at(key);
    // Where no lane needs mending, looking at some of them costs what it costs, whichever they are.
    return this.#send('sscan', () => ['0', [...lanes.keys()].slice(0, 500)]);
  }

  hgetall(_key: string): Promise<unknown> {
    return this.#send('hgetall', () => ({}));
  }

  hgetallBuffer(key: string): Promise<unknown> {
    const at = key.indexOf(':record:');
    const partition = this.#at(key);
    return this.#send('hgetall', () => {
      const record = partition.records.get(key.slice(at + ':record:'.length)) ?? new Map<string, string>();
      return Object.fromEntries([...record].map(([name, value]) => [name, Buffer.from(value)]));
    });
  }

  xinfo(what: 'GROUPS' | 'CONSUMERS', key: string): Promise<unknown> {
    const partition = this.#at(key);
    return this.#send('xinfo', () => {
      if (what === 'GROUPS') return [['name', 'consumers', 'last-delivered-id', partition.log.lastRead()]];
      return [...partition.consumers].map(([name, { seenAt }]) => [
        'name',
        name,
        'pending',
        1,
        'idle',
        partition.now - seenAt,
      ]);
    });
  }

  xpending(key: string, _group: string, id: string): Promise<unknown> {
    const { log } = this.#at(key);
    return this.#send('xpending', () => {
      const entry = log.find(id);
      return entry !== undefined && log.isPending(entry) ? [[id, entry.holder, 0, entry.deliveryCount]] : [];
    });
  }

  memory(): Promise<unknown> {
    return this.#send('memory', () => 0);
  }

  info(): Promise<unknown> {
    return this.#send('info', () => 'maxmemory:0\r\nused_memory:0\r\n');
  }

  #range([key = '', from = '', to = '', , maxCount = '1']: readonly string[]): Promise<unknown> {
    const { log, node } = this.#at(key);
    return this.#send('xrange', () => {
      const found = from.startsWith('(') ? log.range(from.slice(1), to, Number(maxCount)) : [log.find(from)];
      node.spend(found.length * node.costs.read.each);
      return found.flatMap((entry) => (entry === undefined ? [] : [[Buffer.from(entry.id), entry.fields]]));
    });
  }

  /** GROUP group consumer COUNT n BLOCK ms STREAMS key > */
  #read(args: readonly string[]): Promise<unknown> {
    const [, , consumer = '', , count = '1'] = args;
    const blockMs = args[5] === 'BLOCK' ? Number(args[6]) : undefined;
    const key = args.at(-2) ?? '';
    const partition = this.#at(key);
    const { node, time } = this.#ends;
    const toReply = (entries: readonly LogEntry[]) =>
      entries.length === 0 ? null : [[Buffer.from(key), entries.map(({ id, fields }) => [Buffer.from(id), fields])]];
    return this.#send('xreadgroup', (answer) => {
      node.spend(node.costs.read.base);
      const entries = partition.read(consumer, Number(count));
      if (entries.length > 0 || blockMs === undefined) return toReply(entries);
      const unblock = partition.block({
        consumer,
        maxCount: Number(count),
        deliver: (found) => {
          giveUp();
          answer(toReply(found));
        },
      });
      const giveUp = time.after(blockMs, () => {
        unblock();
        answer(null);
      });
      this.#unblock = unblock;
      return LATER;
    });
  }

  /** The process at this end is gone: nothing waits for it any more. */
  kill(): void {
    this.#unblock();
  }

  #at(key: string): Partition {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const number = /\{(\d+)\}/.exec(key)?.[1];
    const partition = this.#ends.partitions.find(({ keys }) => keys.partition === number);
    if (partition === undefined) throw new Error(`no partition has the key ${key}`);
    return partition;
  }

  #send(name: string, execute: (answer: (reply: unknown) => void) => unknown): Promise<unknown> {
    const { node, time, networkMs, cpu, replyMicros } = this.#ends;
    if (!cpu.isAlive) return new Promise(() => undefined);
    return new Promise((resolve, reject) => {
      const answer = (reply: unknown) =>
        node.answer(() => time.after(networkMs, () => cpu.spend(replyMicros(name, reply), () => resolve(reply))));
      time.after(networkMs, () =>
        node.arrive(() => {
          try {
            const reply = execute(answer);
            if (reply !== LATER) answer(reply);
          } catch (error) {
            reject(error);
          }
        }),
      );
    });
  }
}
