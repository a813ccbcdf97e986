import { describe, expect, it } from '@jest/globals';

import { createSettler, type Entry, openBlockingSource, trimSettled } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { appendAll } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

// Trimming goes by whole nodes: with one entry a node, every entry counts.
setStage(['--stream-node-max-entries', '1']);

async function read(count: number): Promise<Entry[]> {
  const source = await openBlockingSource(stream, 'me', 50);
  const entries = (await source.read(count)) as Entry[];
  await source.close();
  return entries;
}

async function settleAll(entries: readonly Entry[]): Promise<void> {
  const settler = createSettler(stream, 'me');
  for (const entry of entries) {
    const replies = settler.settle({
      entry,
      routes: [],
      outcomes: [],
    });
    expect(await replies).toBe('settled');
  }
}

const length = () => stream.redis.xlen(stream.keys.events);
const BY_AGE = { maxAgeMs: 0, maxBytes: Number.MAX_SAFE_INTEGER };

describe('trimSettled', () => {
  it('never drops an entry that is pending or undelivered, whatever its age', async () => {
    await appendAll(stream, ['a', 'b', 'c', 'd']);
    const [, second, third] = await read(3);
    await settleAll([second, third] as Entry[]);
    await waitUntil(async () => (await trimSettled(stream, BY_AGE)) === 0, 'nothing more can be trimmed');
    expect(await length()).toBe(4);
  });

  it('drops what is settled and older than the retention', async () => {
    await appendAll(stream, ['a', 'b', 'c', 'd']);
    await settleAll(await read(3));
    await waitUntil(async () => {
      await trimSettled(stream, BY_AGE);
      return (await length()) <= 2;
    }, 'the settled entries are gone');
    expect((await read(10)).map(({ event }) => event.id)).toEqual(['d']);
  });

  it('drops the oldest settled entries while the stream is larger than its retention', async () => {
    await appendAll(
      stream,
      Array.from({ length: 200 }, (_, i) => `e${i}`),
    );
    await settleAll(await read(100));
    const bytes = Number(await stream.redis.memory('USAGE', stream.keys.events));
    await trimSettled(stream, { maxAgeMs: 3_600_000, maxBytes: bytes / 4 });
    expect(await length()).toBeLessThan(200);
    expect(await length()).toBeGreaterThanOrEqual(100);
    expect((await read(200)).map(({ event }) => event.id)).toHaveLength(100);
  });
});
