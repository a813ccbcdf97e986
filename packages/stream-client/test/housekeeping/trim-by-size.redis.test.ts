import { describe, expect, it } from '@jest/globals';
import { createAppender, createSettler, GROUP, openBlockingSource, trimSettled } from '@millrace/stream-client';
import { anEvent, appendAll } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

setStage();

async function settleMany(count: number): Promise<void> {
  const appender = createAppender(stream, { maxBacklog: count, deadlineMs: 20_000 });
  await Promise.all(Array.from({ length: count }, (_, n) => appender.append(anEvent(`e${n}`))));
  const source = await openBlockingSource(stream, 'me', 50);
  const entries = await source.read(count);
  await source.close();
  const settler = createSettler(stream, 'me');
  await Promise.all(entries.map((entry) => settler.settle({ entry, routes: [], outcomes: [] })));
}

async function bytesOfStream(): Promise<number> {
  return Number(await stream.redis.memory('USAGE', stream.keys.events, 'SAMPLES', 0));
}

describe('trimSettled', () => {
  it('brings a stream that is many times too large under its limit in one call', async () => {
    await settleMany(5_000);
    expect(await bytesOfStream()).toBeGreaterThan(400_000);
    await trimSettled(stream, { maxAgeMs: 3_600_000, maxBytes: 100_000 });
    expect(await bytesOfStream()).toBeLessThan(120_000);
  });

  it('drops nothing from a stream that is empty, though its group alone is larger than the limit', async () => {
    expect(await trimSettled(stream, { maxAgeMs: 3_600_000, maxBytes: 1 })).toBe(0);
  });

  it('drops nothing while there is no group, for nobody can tell what has been read', async () => {
    await appendAll(
      stream,
      Array.from({ length: 200 }, (_, n) => `e${n}`),
    );
    await stream.redis.xgroup('DESTROY', stream.keys.events, GROUP);
    expect(await trimSettled(stream, { maxAgeMs: -2_000, maxBytes: Number.MAX_SAFE_INTEGER })).toBe(0);
    expect(await stream.redis.xlen(stream.keys.events)).toBe(200);
  });
});
