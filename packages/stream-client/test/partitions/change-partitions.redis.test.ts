import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type AppendResult,
  beginChange,
  completeChange,
  createAppender,
  createPartitionsAppender,
  openPartitions,
  type Partitions,
  partitionOf,
  readMap,
  retireEpoch,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { Redis } from 'ioredis';
import { anEvent } from '../open-test-stream.js';

let server: RedisServer;
let redis: Redis;
const opened: Partitions[] = [];

async function open(partitions: number): Promise<Partitions> {
  const one = await openPartitions({ redisUrl: server.url, namespace: 'test', partitions });
  opened.push(one);
  return one;
}

const appenderOver = (partitions: Partitions) =>
  createPartitionsAppender(partitions, { maxBacklog: 1_000_000, deadlineMs: 60_000 });

/** Events of a key, by numbers. */
const keyed = (key: string, nth: number) => anEvent(`${key}:${nth}`, { nth }, { partitionkey: key });

function refIn(result: AppendResult): string {
  if (!('ref' in result)) throw new Error(`the event was ${result.kind}`);
  return result.ref;
}

const partitionIn = (ref: string) => Number(ref.split('-')[0]);

async function change(partitions: Partitions, wanted: number): Promise<void> {
  await beginChange(partitions, wanted);
  await completeChange(partitions);
}

/** A key that moves, and one that stays where it is, from so many partitions to so many. */
function someKeys(from: number, to: number): { moves: string; stays: string } {
  const keys = Array.from({ length: 200 }, (_, at) => `k${at}`);
  const isMoved = (key: string) => partitionOf(keyed(key, 0), from) !== partitionOf(keyed(key, 0), to);
  return { moves: keys.find(isMoved) ?? '', stays: keys.find((key) => !isMoved(key)) ?? '' };
}

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
});

beforeEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await redis.flushall();
});

afterAll(async () => {
  for (const one of opened.splice(0)) await one.close();
  redis.disconnect();
  await server.stop();
});

/** What whoever changes the number has done when it stops, one step after the other. */
const STEPS: readonly (readonly [string, (partitions: Partitions) => Promise<unknown>])[] = [
  ['nothing', async () => undefined],
  ['the next map is written down', (partitions) => beginChange(partitions, 16)],
  ...[0, 1, 2, 3].map(
    (number) =>
      [
        `partitions up to ${number} are fenced`,
        async (partitions: Partitions) => {
          const { writes, keys } = partitions.all[number] ?? partitions.home;
          await writes.run('fence', [keys.events, keys.counters], [2]);
        },
      ] as const,
  ),
  [
    'new events go by the new map',
    async ({ home }) => home.writes.run('step-map', [home.keys.map], [2, 'preparing', 'active']),
  ],
];

describe('a change of the number of partitions', () => {
  it.each(STEPS.map(([name], last) => [name, last] as const))(
    'that stops when %s: each event is accepted once, whichever maps its senders have',
    async (_name, last) => {
      const changing = await open(4);
      const others = [await open(4), await open(4)];
      const keys = Array.from({ length: 24 }, (_, at) => `k${at}`);
      const accepted = new Map<string, string>();
      const appendAll = async (appender: ReturnType<typeof appenderOver>, nth: number) => {
        const append = async (key: string) => {
          const id = `${key}:${nth}`;
          const result = await appender.append(keyed(key, nth));
          expect(result).toMatchObject({ kind: accepted.has(id) ? 'duplicate' : 'accepted' });
          expect(accepted.get(id) ?? refIn(result)).toBe(refIn(result));
          accepted.set(id, refIn(result));
        };
        await Promise.all(keys.map(append));
      };
      const appenders = others.map(appenderOver);
      for (const appender of appenders) await appendAll(appender, 0);
      for (const [, step] of STEPS.slice(0, last + 1)) await step(changing);
      // The one that knows the old map only, the one that has followed, and one that has just come.
      for (const appender of [...appenders, appenderOver(await open(4))]) await appendAll(appender, 1);
      for (const appender of appenders) await appendAll(appender, 0);
      const entries = await Promise.all(Array.from({ length: 16 }, (_, p) => redis.xlen(`test:{${p}}:events`)));
      expect(entries.reduce((sum, count) => sum + count, 0)).toBe(2 * keys.length);
      const isBegun = last >= 2;
      expect((await readMap(changing.home))?.active.partitions).toBe(isBegun ? 16 : 4);
    },
  );

  it('puts no event of a key into its old partition once one is in the new, however many append meanwhile', async () => {
    const senders = await Promise.all(Array.from({ length: 4 }, () => open(1)));
    const keys = Array.from({ length: 32 }, (_, at) => `k${at}`);
    const refs = new Map<string, string[]>(keys.map((key) => [key, []]));
    let isOver = false;
    let sent = 0;
    const send = async (key: string, at: number) => {
      for (let nth = 0; !isOver || nth < 20; nth++) {
        const sender = senders[(at + nth) % senders.length] as Partitions;
        refs.get(key)?.push(refIn(await (appenders[senders.indexOf(sender)] as typeof one).append(keyed(key, nth))));
        sent += 1;
      }
    };
    const appenders = senders.map(appenderOver);
    const [one] = appenders as [ReturnType<typeof appenderOver>];
    const sending = Promise.all(keys.map(send));
    await change(await open(1), 16);
    isOver = true;
    await sending;
    let moved = 0;
    for (const [key, own] of refs) {
      const where = own.map(partitionIn);
      const target = partitionOf(keyed(key, 0), 16);
      const first = where.indexOf(target);
      expect(where.slice(first).filter((partition) => partition !== target)).toEqual([]);
      expect(new Set(where.slice(0, first)).size).toBeLessThanOrEqual(1);
      if (target !== 0 && first > 0) moved += 1;
    }
    expect(moved).toBeGreaterThan(0);
    expect(new Set([...refs.values()].flat()).size).toBe(sent);
  });

  it('tells a repeat, and other content under the same identity, from what came in before it', async () => {
    const { moves, stays } = someKeys(1, 4);
    const partitions = await open(1);
    const appender = appenderOver(partitions);
    const before = [await appender.append(keyed(moves, 1)), await appender.append(keyed(stays, 1))];
    await change(partitions, 4);
    expect([await appender.append(keyed(moves, 1)), await appender.append(keyed(stays, 1))]).toEqual(
      before.map((result) => ({ ...result, kind: 'duplicate' })),
    );
    const other = { ...keyed(moves, 1), data: { kind: 'json', bytes: Buffer.from('{}') } } as const;
    expect(await appender.append(other)).toMatchObject({ kind: 'conflict', ref: refIn(before[0] as AppendResult) });
    expect(partitionIn(refIn(await appender.append(keyed(moves, 2))))).toBe(partitionOf(keyed(moves, 2), 4));
  });

  it('may follow another, and what came in before both is known still', async () => {
    const partitions = await open(1);
    const appender = appenderOver(partitions);
    const keys = Array.from({ length: 16 }, (_, at) => `k${at}`);
    const round = (nth: number) => Promise.all(keys.map((key) => appender.append(keyed(key, nth))));
    const first = await round(1);
    await change(partitions, 2);
    const second = await round(2);
    await change(partitions, 8);
    expect(partitions.map).toMatchObject({ active: { epoch: 3, partitions: 8 }, size: 8 });
    expect(partitions.map.draining.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect((await round(1)).map(refIn)).toEqual(first.map(refIn));
    expect((await round(2)).map(refIn)).toEqual(second.map(refIn));
  });

  it('keeps the deadline of an append whose old partition does not answer', async () => {
    const { moves } = someKeys(1, 4);
    const partitions = await open(1);
    await change(partitions, 4);
    const appender = createPartitionsAppender(partitions, { maxBacklog: 1_000, deadlineMs: 200 });
    server.freeze();
    try {
      // A command waits for its answer ten times as long.
      let first: string | undefined;
      const command = partitions.home.redis.ping().catch(() => {
        first ??= 'command';
      });
      const append = appender.append(keyed(moves, 1)).catch((error: { readonly code?: string }) => {
        first ??= error.code;
      });
      await append;
      expect(first).toBe('STREAM_UNAVAILABLE');
      await command;
    } finally {
      server.thaw();
    }
  });

  it('costs no look at the old partition any more once that is retired', async () => {
    const { moves } = someKeys(1, 4);
    const partitions = await open(1);
    await appenderOver(partitions).append(keyed(moves, 1));
    await change(partitions, 4);
    expect(partitions.earlierFor(keyed(moves, 2))).toEqual([partitions.home]);
    await retireEpoch(partitions, 1);
    expect(partitions.map.draining).toEqual([]);
    expect(partitions.earlierFor(keyed(moves, 2))).toEqual([]);
  });

  it('whose beginning was lost with a Redis is written down again before anything is closed for it', async () => {
    const [changing, other] = [await open(4), await open(4)];
    await beginChange(changing, 16);
    await other.refresh();
    await redis.hdel('test:{0}:map', '2');
    await completeChange(other);
    expect((await readMap(other.home))?.epochs).toMatchObject([
      { partitions: 4, state: 'draining' },
      { partitions: 16, state: 'active' },
    ]);
    const { moves } = someKeys(4, 16);
    expect(partitionIn(refIn(await appenderOver(await open(4)).append(keyed(moves, 1))))).toBeGreaterThan(3);
  });

  it('gives way to another that was begun after its own beginning was lost', async () => {
    const [changing, other] = [await open(4), await open(4)];
    await beginChange(changing, 16);
    await other.refresh();
    await redis.hdel('test:{0}:map', '2');
    await beginChange(await open(4), 8);
    await completeChange(other);
    expect(other.map).toMatchObject({ active: { epoch: 2, partitions: 8 }, preparing: undefined });
  });

  it('is one of two that were begun at the same time; begun once more, it is the same', async () => {
    const [a, b] = [await open(1), await open(1)];
    const begun = await Promise.all([beginChange(a, 4), beginChange(b, 8)]);
    expect(begun.map(({ kind }) => kind).sort()).toEqual(['busy', 'prepared']);
    const wanted = begun[0].map.preparing?.partitions ?? 0;
    expect(await beginChange(b, wanted)).toMatchObject({ kind: 'prepared', map: { preparing: { epoch: 2 } } });
    await completeChange(a);
    expect(await beginChange(b, 64)).toMatchObject({ kind: 'busy' });
    expect((await readMap(a.home))?.epochs).toMatchObject([
      { partitions: 1, state: 'draining' },
      { partitions: wanted, state: 'active' },
    ]);
  });
});

describe('an append by an old map', () => {
  it('is refused by a fenced partition, unless it repeats what is there', async () => {
    const partitions = await open(1);
    const old = createAppender(partitions.home, { maxBacklog: 10, deadlineMs: 2_000 });
    const first = await old.append(keyed('k', 1));
    await change(partitions, 2);
    expect(await old.append(keyed('k', 1))).toEqual({ ...first, kind: 'duplicate' });
    await expect(old.append(keyed('k', 2))).rejects.toMatchObject({ code: 'STREAM_MOVED', retryable: true });
    expect(await redis.xlen('test:{0}:events')).toBe(1);
  });

  it('is refused by a partition that has lost its fence, once somebody has appended there by the new map', async () => {
    const { stays } = someKeys(1, 2);
    const partitions = await open(1);
    const old = createAppender(partitions.home, { maxBacklog: 10, deadlineMs: 2_000 });
    await change(partitions, 2);
    await redis.hdel('test:{0}:counters', 'epoch', 'fence', 'fence-added', 'fence-seq');
    await old.append(keyed('between', 1));
    const [fence] = (await redis.xrevrange('test:{0}:events', '+', '-', 'COUNT', 1)).map(([id]) => id);
    await appenderOver(partitions).append(keyed(stays, 1));
    await expect(old.append(keyed('k', 2))).rejects.toMatchObject({ code: 'STREAM_MOVED' });
    // What was accepted between belongs to what is worked on before the new.
    expect(await redis.hget('test:{0}:counters', 'fence')).toBe(fence);
  });

  it('leaves nothing about a fence where the number was never changed', async () => {
    const partitions = await open(2);
    await appenderOver(partitions).append(keyed('k', 1));
    const { keys } = partitions.forEvent(keyed('k', 1));
    expect((await redis.hkeys(keys.counters)).sort()).toEqual(['backlog', 'seq']);
  });
});

describe('a process that is told of a partition which it does not know', () => {
  it('reads the map again, and finds it', async () => {
    const [changing, other] = [await open(1), await open(1)];
    await change(changing, 4);
    expect(other.ofRef('3-1-1')).toBeUndefined();
    expect((await other.findOfRef('3-1-1'))?.keys.partition).toBe('3');
    expect(other.all).toHaveLength(4);
    expect(await other.findOfRef('4-1-1')).toBeUndefined();
  });

  it('wakes readers from then on, in those that it had as well', async () => {
    const [changing, other] = [await open(1), await open(1)];
    const { home } = other;
    expect(home.wakesReaders).toBe(false);
    await change(changing, 4);
    let changes = 0;
    other.onChange(() => {
      changes += 1;
    });
    await other.refresh();
    await other.refresh();
    expect(changes).toBe(1);
    expect(home.wakesReaders).toBe(true);
    expect(other.all[0]).toBe(home);
  });
});
