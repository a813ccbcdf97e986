import { describe, expect, it } from '@jest/globals';
import {
  claimIdle,
  type Entry,
  FIRST_CURSOR,
  forgetConsumer,
  GROUP,
  listConsumers,
  openBlockingSource,
  readRecord,
  releaseLeases,
  renewLeases,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { appendAll } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

setStage();

/** Reads as a consumer that then goes silent. */
async function readAs(consumer: string, count: number): Promise<Entry[]> {
  const source = await openBlockingSource(stream, consumer, 50);
  const entries = await source.read(count);
  await source.close();
  return entries as Entry[];
}

const leaseOf = (entry: Entry) => ({
  entryId: entry.id,
  deliveryCount: entry.deliveryCount,
  ref: entry.ref,
  running: [],
});

describe('claimIdle', () => {
  it('takes over the entries of a consumer that died, counting the start', async () => {
    await appendAll(stream, ['a', 'b']);
    await readAs('dead', 10);
    const { entries } = await claimIdle(stream, 'alive', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 10 });
    expect(entries.map((entry) => [entry.kind === 'entry' && entry.event.id, entry.deliveryCount])).toEqual([
      ['a', 2],
      ['b', 2],
    ]);
  });

  it('leaves entries alone that were renewed within the idle time', async () => {
    await appendAll(stream, ['a']);
    await readAs('busy', 10);
    expect(
      (await claimIdle(stream, 'other', { minIdleMs: 60_000, cursor: FIRST_CURSOR, maxCount: 10 })).entries,
    ).toEqual([]);
  });

  it('finds a stale entry behind many fresh ones by keeping its cursor', async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `e${i}`);
    await appendAll(stream, ids);
    const entries = await readAs('busy', 60);
    const last = entries.at(-1) as Entry;
    await stream.redis.xclaim(stream.keys.events, GROUP, 'busy', 0, last.id, 'IDLE', 600_000, 'JUSTID');
    let cursor = FIRST_CURSOR;
    const found: string[] = [];
    for (let sweep = 0; sweep < 60 && found.length === 0; sweep += 1) {
      const claimed = await claimIdle(stream, 'other', { minIdleMs: 300_000, cursor, maxCount: 1 });
      cursor = claimed.cursor;
      found.push(...claimed.entries.map(({ id }) => id));
    }
    expect(found).toEqual([last.id]);
  });

  it('names pending entries whose bodies are gone, instead of hiding them', async () => {
    await appendAll(stream, ['a']);
    const [entry] = await readAs('dead', 1);
    await stream.redis.xdel(stream.keys.events, entry?.id ?? '');
    const claimed = await claimIdle(stream, 'alive', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 10 });
    expect(claimed).toMatchObject({ entries: [], lostIds: [entry?.id] });
  });
});

describe('renewLeases', () => {
  it('keeps held entries from being claimed and notes what is running', async () => {
    const [ref = ''] = await appendAll(stream, ['a']);
    const [entry] = (await readAs('me', 1)) as [Entry];
    const id = entry.id;
    await stream.redis.xclaim(stream.keys.events, GROUP, 'me', 0, id, 'IDLE', 600_000, 'JUSTID');
    const lost = await renewLeases(stream, 'me', [{ ...leaseOf(entry), running: [{ route: 'r', attempt: 1 }] }]);
    expect(lost).toEqual([]);
    expect(
      (await claimIdle(stream, 'other', { minIdleMs: 300_000, cursor: FIRST_CURSOR, maxCount: 10 })).entries,
    ).toEqual([]);
    expect((await readRecord(stream, ref))?.deliveries).toMatchObject([{ route: 'r', state: 'running', attempts: 0 }]);
  });

  it('names what another consumer has claimed, and does not take it back', async () => {
    await appendAll(stream, ['a']);
    const [entry] = (await readAs('me', 1)) as [Entry];
    await claimIdle(stream, 'other', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 10 });
    expect(await renewLeases(stream, 'me', [leaseOf(entry)])).toEqual([entry.id]);
    const [holder] = (await listConsumers(stream)).filter(({ pending }) => pending > 0);
    expect(holder?.name).toBe('other');
  });
});

describe('renewLeases without leases', () => {
  it('registers the consumer and shows it as alive, though it has never read anything', async () => {
    expect(await renewLeases(stream, 'quiet', [])).toEqual([]);
    expect(await listConsumers(stream)).toMatchObject([{ name: 'quiet', pending: 0 }]);
    const idleMs = async () => (await listConsumers(stream))[0]?.idleMs ?? 0;
    const before = await waitUntil(async () => (await idleMs()) > 500 && idleMs(), 'it has been idle for a while');
    await renewLeases(stream, 'quiet', []);
    expect(await idleMs()).toBeLessThan(before);
  });
});

describe('releaseLeases', () => {
  it('lets another consumer claim at once, without counting the start', async () => {
    await appendAll(stream, ['a']);
    const [entry] = (await readAs('leaving', 1)) as [Entry];
    expect(await releaseLeases(stream, 'leaving', [leaseOf(entry)], 600_000)).toBe(1);
    const { entries } = await claimIdle(stream, 'staying', { minIdleMs: 300_000, cursor: FIRST_CURSOR, maxCount: 10 });
    expect(entries).toMatchObject([{ deliveryCount: 1 }]);
  });
});

describe('forgetConsumer', () => {
  it('removes a consumer that holds nothing', async () => {
    await stream.redis.xgroup('CREATECONSUMER', stream.keys.events, GROUP, 'gone');
    expect(await forgetConsumer(stream, 'gone', 0)).toBe(true);
    expect(await listConsumers(stream)).toEqual([]);
  });

  it('keeps a consumer that holds entries: removing it would drop them', async () => {
    await appendAll(stream, ['a']);
    await readAs('holder', 1);
    expect(await forgetConsumer(stream, 'holder', 0)).toBe(false);
    expect(await listConsumers(stream)).toMatchObject([{ name: 'holder', pending: 1 }]);
  });

  it('keeps a consumer that was heard of within the idle time', async () => {
    await stream.redis.xgroup('CREATECONSUMER', stream.keys.events, GROUP, 'recent');
    expect(await forgetConsumer(stream, 'recent', 600_000)).toBe(false);
  });
});
