import { beforeEach, describe, expect, it } from '@jest/globals';
import { listCalls, noteCalls, type ServerCall } from '@millrace/stream-client';
import { setStage, stream } from '../stage.js';

let nowMs: number;

setStage();

beforeEach(async () => {
  const [seconds] = await stream.redis.time();
  nowMs = Number(seconds) * 1_000;
});

/** A call that ended `agoMs` before now. */
function aCall(agoMs: number, facts: Partial<ServerCall> = {}): ServerCall {
  const at = new Date(nowMs - agoMs);
  return {
    at,
    tool: 'risk.score',
    route: 'score',
    ref: `0-1-${agoMs}`,
    attempt: 1,
    outcome: 'done',
    durationMs: 12.5,
    consumer: 'c1',
    ...facts,
  };
}

const failed = { outcome: 'unknown', code: 'TOOL_TIMEOUT' };

describe('listCalls', () => {
  it('lists the calls of one server in the order in which they ended, whoever told of them first', async () => {
    await noteCalls(stream, 'aws', [aCall(10), aCall(30, { ...failed, consumer: 'c2' })]);
    await noteCalls(stream, 'aws', [aCall(20, { tool: 'logs.search' })]);
    await noteCalls(stream, 'gcp', [aCall(5)]);
    const page = await listCalls(stream, 'aws', {}, { limit: 10 });
    expect(page).toEqual({
      items: [aCall(10), aCall(20, { tool: 'logs.search' }), aCall(30, { ...failed, consumer: 'c2' })],
    });
  });

  it('filters by tool and by whether it failed', async () => {
    await noteCalls(stream, 'aws', [aCall(1), aCall(2, failed), aCall(3, { tool: 'logs.search', ...failed })]);
    const refsOf = async (filter: Parameters<typeof listCalls>[2]) =>
      (await listCalls(stream, 'aws', filter, { limit: 10 }))?.items.map(({ ref }) => ref);
    expect(await refsOf({ outcome: 'failed' })).toEqual(['0-1-2', '0-1-3']);
    expect(await refsOf({ outcome: 'done' })).toEqual(['0-1-1']);
    expect(await refsOf({ tool: 'logs.search' })).toEqual(['0-1-3']);
  });

  it('shows each call on one page, also those that ended in the same millisecond', async () => {
    const calls = Array.from({ length: 11 }, (_, n) =>
      aCall(n < 8 ? 50 : n * 100, { ref: `0-2-${n}`, ...(n % 2 ? failed : {}) }),
    );
    await noteCalls(stream, 'aws', calls);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listCalls(stream, 'aws', {}, { limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...(page?.items ?? []).map(({ ref }) => ref));
      cursor = page?.next;
    } while (cursor !== undefined);
    expect([...seen].sort()).toEqual(calls.map(({ ref }) => ref).sort());
  });

  it('knows a cursor that is none', async () => {
    expect(await listCalls(stream, 'aws', {}, { limit: 3, cursor: 'x' })).toBeUndefined();
  });
});

describe('noteCalls', () => {
  it('keeps the last 500 of each kind, so that what fails is not pushed out by what succeeds', async () => {
    await noteCalls(stream, 'aws', [aCall(5_000, failed)]);
    for (let n = 0; n < 6; n += 1) {
      await noteCalls(
        stream,
        'aws',
        Array.from({ length: 100 }, (_, at) => aCall(1_000 - n * 100 - at)),
      );
    }
    expect(await stream.redis.zcard(stream.keys.calls('aws'))).toBe(500);
    expect(await listCalls(stream, 'aws', { outcome: 'failed' }, { limit: 10 })).toMatchObject({ items: [failed] });
  });

  it('forgets what is older than a day, and the log itself when nobody calls', async () => {
    const dayMs = 24 * 60 * 60_000;
    await noteCalls(stream, 'aws', [aCall(dayMs + 60_000), aCall(dayMs - 60_000)]);
    expect((await listCalls(stream, 'aws', {}, { limit: 10 }))?.items).toEqual([aCall(dayMs - 60_000)]);
    const leftMs = await stream.redis.pttl(stream.keys.calls('aws'));
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(dayMs);
  });
});
