import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createAppender,
  openPartitionSource,
  openPartitions,
  type PartitionSource,
  type Partitions,
  type Stream,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { openWakes } from '../../src/reading/wakes.js';
import { anEvent, appendAll } from '../open-test-stream.js';

let server: RedisServer;
let partitions: Partitions;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await startRedisServer();
});

beforeEach(async () => {
  partitions = await openPartitions({ redisUrl: server.url, namespace: 'test', partitions: 16 });
  opened.push(partitions);
});

afterEach(async () => {
  await partitions.home.redis.flushall();
  for (const one of opened.splice(0).reverse()) await one.close();
});

afterAll(() => server.stop());

async function open(streams: readonly Stream[], waitMs = 5_000): Promise<PartitionSource> {
  const source = await openPartitionSource(streams, 'me', { waitMs, random: Math.random, onWake: () => {} });
  opened.push(source);
  return source;
}

function countsByPartition(refs: readonly string[]): number[] {
  return [...Map.groupBy(refs, (ref) => partitions.ofRef(ref)).values()].map((own) => own.length);
}

async function fill(streams: readonly Stream[], each: number): Promise<void> {
  for (const stream of streams)
    await appendAll(
      { ...stream, wakesReaders: false },
      Array.from({ length: each }, (_, at) => `${stream.keys.partition}-${at}`),
    );
}

describe('a read over many partitions', () => {
  it('takes several entries of a few of them, and as many as were asked for', async () => {
    await fill(partitions.all, 12);
    const source = await open(partitions.all);
    const refsOf = async (maxCount: number) => (await source.read(maxCount)).map(({ ref }) => ref);
    expect(countsByPartition(await refsOf(16))).toEqual([8, 8]);
    expect(countsByPartition(await refsOf(20))).toEqual([7, 7, 6]);
    expect(countsByPartition(await refsOf(1))).toEqual([1]);
    expect(source.hasMore?.()).toBe(true);
  });

  it('tells that the group of one is gone, though there is always something in another', async () => {
    const [busy, bereft] = partitions.all as [Stream, Stream];
    await fill([busy], 30);
    await bereft.redis.xgroup('DESTROY', bereft.keys.events, 'consumers');
    const source = await open([busy, bereft]);
    expect(await source.read(16)).toHaveLength(8);
    await expect(source.read(16)).rejects.toMatchObject({ code: 'STREAM_GROUP_MISSING' });
    expect((await source.read(16)).length).toBeGreaterThan(0);
  });

  it('ends when its time is over, though it is told again and again of a partition in which there is nothing', async () => {
    const source = await open(partitions.all, 50);
    const reading = source.read(16);
    let isDone = false;
    void reading.finally(() => {
      isDone = true;
    });
    const giveUpAt = performance.now() + 60_000;
    while (!isDone && performance.now() < giveUpAt) {
      source.notice(partitions.home);
      await nextTurn();
    }
    expect(isDone).toBe(true);
    expect(await reading).toEqual([]);
  });
});

describe('a batch of events of one partition', () => {
  it('wakes readers for those that are to be delivered now, and tells of those that are not', async () => {
    const words: string[] = [];
    const { home } = partitions;
    opened.push(await openWakes([home], { onWake: (_stream, word) => words.push(word), onGap: () => {} }));
    const appender = createAppender(home, { maxBacklog: 10, deadlineMs: 60_000 });
    const deliverat = new Date(Date.now() + 60_000).toISOString();
    const results = await Promise.all([
      appender.append(anEvent('now')),
      appender.append(anEvent('later', {}, { deliverat })),
    ]);
    expect(results.map(({ kind }) => kind)).toEqual(['accepted', 'accepted']);
    await waitUntil(() => words.length >= 2, 'both are told');
    expect(words.toSorted()).toEqual(['later', 'new']);
  });
});
