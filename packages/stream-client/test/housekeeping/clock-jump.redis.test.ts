import { beforeEach, describe, expect, it } from '@jest/globals';
import { claimIdle, FIRST_CURSOR, openBlockingSource, rebaseTimes } from '@millrace/stream-client';
import { GROUP } from '../../src/keys.js';
import { appendAll } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

setStage();

beforeEach(async () => {
  await appendAll(stream, ['a', 'b']);
  const source = await openBlockingSource(stream, 'dead', 100);
  await source.read(2);
  await source.close();
});

const HOUR_MS = 3_600_000;

async function claim(expectedMs: number) {
  const expected = { redisMs: expectedMs, toleranceMs: 500 };
  return claimIdle(stream, 'me', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 10, expected });
}

async function redisMs(): Promise<number> {
  return Number((await stream.redis.time())[0]) * 1_000;
}

/** What is left of an entry that was touched before the clock was set back. */
async function touchInTheFuture(): Promise<void> {
  const ids = (await stream.redis.xpending(stream.keys.events, GROUP, '-', '+', 10)) as [string][];
  const future = (await redisMs()) + HOUR_MS;
  // TIME in the future is taken as now by Redis, so the clock itself has to be ahead while it is touched: see S22.
  for (const [id] of ids)
    await stream.redis.xclaim(stream.keys.events, GROUP, 'dead', 0, id, 'TIME', future, 'RETRYCOUNT', 4, 'JUSTID');
}

describe('claimIdle', () => {
  it('claims nothing while Redis has another time than the caller expects, forward or backward, and tells it', async () => {
    for (const off of [-HOUR_MS, HOUR_MS]) {
      const claimed = await claim((await redisMs()) + off);
      expect(claimed.entries).toEqual([]);
      expect(Math.abs(claimed.redisMs - (await redisMs()))).toBeLessThan(10_000);
    }
    const summary = (await stream.redis.xpending(stream.keys.events, GROUP)) as [
      number,
      string,
      string,
      [string, string][],
    ];
    expect(summary[3]).toEqual([['dead', '2']]);
    expect((await claim(0)).entries).toHaveLength(2);
  });
});

describe('rebaseTimes', () => {
  it('takes nothing from its holder, and counts no start', async () => {
    await touchInTheFuture();
    await rebaseTimes(stream);
    const pending = (await stream.redis.xpending(stream.keys.events, GROUP, '-', '+', 10)) as [
      string,
      string,
      number,
      number,
    ][];
    expect(pending.map(([, holder, , starts]) => [holder, starts])).toEqual([
      ['dead', 4],
      ['dead', 4],
    ]);
  });

  it('leaves entries whose bodies are gone for the sweep to report', async () => {
    await stream.redis.xtrim(stream.keys.events, 'MAXLEN', 0);
    await rebaseTimes(stream);
    expect((await claim(0)).lostIds).toHaveLength(2);
  });

  it('has a retry that was put off in the future wait for its delay from now, once, and leaves a named time alone', async () => {
    const { keys, redis } = stream;
    const now = await redisMs();
    const future = now + HOUR_MS;
    await redis.hset(keys.record('0-1-1'), 'state:r', `retrying 1 1 ${future} ${future + 30_000}`);
    await redis.zadd(keys.due, future + 30_000, '0-1-1 r', now + 2 * HOUR_MS, '0-2-2 *');
    await rebaseTimes(stream);
    const score = Number(await redis.zscore(keys.due, '0-1-1 r'));
    expect(score).toBeGreaterThanOrEqual(now + 30_000);
    expect(score).toBeLessThan(now + 90_000);
    expect(await redis.hget(keys.record('0-1-1'), 'state:r')).toBe(`retrying 1 1 ${score - 30_000} ${score}`);
    await rebaseTimes(stream);
    expect(Number(await redis.zscore(keys.due, '0-1-1 r'))).toBe(score);
    expect(Number(await redis.zscore(keys.due, '0-2-2 *'))).toBe(now + 2 * HOUR_MS);
  });
});
