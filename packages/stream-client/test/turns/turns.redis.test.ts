import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTurns, type Stream, type TakenTurn } from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { openTestStream } from '../open-test-stream.js';

let redis: RedisServer;
let streams: Stream[];

beforeAll(async () => {
  redis = await startRedisServer();
  // Two processes of one deployment.
  streams = await Promise.all([openTestStream(redis.url), openTestStream(redis.url)]);
});

afterAll(async () => {
  await Promise.all(streams.map((stream) => stream.close()));
  await redis.stop();
});

const waitOf = (turn: TakenTurn) => ('waitMs' in turn ? turn.waitMs : Number.POSITIVE_INFINITY);
const isGiven = (turn: TakenTurn) => 'waitMs' in turn;

describe('createTurns', () => {
  it('lets a burst out at once and spaces out the rest, over all processes', async () => {
    const lines = streams.map(createTurns);
    const rate = { calls: 10, perMs: 1_000, burst: 5 };
    const askedAt = performance.now();
    const turns = await Promise.all(
      lines.flatMap((line) => Array.from({ length: 10 }, () => line.take('shop', rate, 600_000))),
    );
    const waits = turns.map(waitOf).sort((a, b) => a - b);
    expect(waits.filter((wait) => wait === 0).length).toBeGreaterThanOrEqual(5);
    // Fifteen of them wait for 100 ms each after the one before, less what has passed between the round trips.
    expect(waits.at(-1)).toBeGreaterThan(1_400 - (performance.now() - askedAt));
    expect(waits.at(-1)).toBeLessThanOrEqual(1_500);
  });

  it('takes nothing where the line is longer than the caller would wait, and says when there is a place', async () => {
    const line = createTurns(streams[0] as Stream);
    const rate = { calls: 1, perMs: 60_000, burst: 2 };
    const turns = await Promise.all(Array.from({ length: 4 }, () => line.take('slow', rate, 0)));
    expect(turns.map(isGiven)).toEqual([true, true, false, false]);
    const [, , third, fourth] = turns as { retryAfterMs: number }[];
    expect(third?.retryAfterMs).toBeGreaterThan(50_000);
    expect(fourth?.retryAfterMs).toBeGreaterThan(100_000);
    expect(isGiven(await line.take('slow', rate, 0))).toBe(false);
  });

  it('keeps the lines of servers apart, and leaves nothing behind once they are empty', async () => {
    const line = createTurns(streams[0] as Stream);
    const rate = { calls: 1_000, perMs: 1_000, burst: 1 };
    expect(waitOf(await line.take('a', rate, 0))).toBe(0);
    expect(waitOf(await line.take('b', rate, 0))).toBe(0);
    const left = await streams[0]?.redis.pttl(streams[0].keys.turns('a'));
    expect(left).toBeLessThanOrEqual(1);
  });
});
