import { describe, expect, it } from '@jest/globals';
import {
  claimIdle,
  createSettler,
  discardDeadLetter,
  type Entry,
  FIRST_CURSOR,
  listDeadLetters,
  type MalformedEntry,
  type Outcome,
  openBlockingSource,
  promoteDue,
  renewLeases,
  type Settlement,
  sampleStream,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { appendAll } from './open-test-stream.js';
import { setStage, stream } from './stage.js';

const ME = 'me';

setStage();

async function read(count: number): Promise<readonly (Entry | MalformedEntry)[]> {
  const source = await openBlockingSource(stream, ME, 50);
  const entries = await source.read(count);
  await source.close();
  expect(entries).toHaveLength(count);
  return entries;
}

async function readOne(): Promise<Entry | MalformedEntry> {
  const [entry] = await read(1);
  if (entry === undefined) throw new Error('nothing was read');
  return entry;
}

function settlement(entry: Entry | MalformedEntry, state: Outcome['state']): Settlement {
  const route = entry.kind === 'entry' ? 'r' : '-';
  const detail = { version: 'v1', effects: [] };
  return { entry, routes: [route], outcomes: [{ route, state, attempt: 1, detail, delayMs: 0 }] };
}

describe('an entry that somebody else wrote', () => {
  it('does not keep the retries of others from being promoted when it has no sequence number', async () => {
    const event = '{"id":"x","source":"/x","type":"t"}';
    await stream.redis.xadd(stream.keys.events, '*', 'format', '1', 'kind', '-', 'event', event);
    await appendAll(stream, ['a', 'b']);
    const settler = createSettler(stream, ME);
    for (const entry of await read(3)) await settler.settle(settlement(entry, 'retrying'));
    await waitUntil(async () => {
      await promoteDue(stream, 10);
      return (await sampleStream(stream)).retrying === 0;
    }, 'all retries are back in the stream');
  });

  it('does not keep others in the same round trip from being settled when it has thousands of fields', async () => {
    const fields = Array.from({ length: 5_000 }, (_, n) => [`f${n}`, 'v']).flat();
    await stream.redis.xadd(stream.keys.events, '*', ...fields);
    await appendAll(stream, ['a']);
    const settler = createSettler(stream, ME);
    const [strange, good] = await read(2);
    if (strange === undefined || good === undefined) throw new Error('not all entries were read');
    const replies = [settler.settle(settlement(strange, 'dead')), settler.settle(settlement(good, 'done'))];
    expect(await Promise.all(replies)).toEqual(['settled', 'settled']);
    expect((await sampleStream(stream)).deadLetters).toBe(1);
  });

  it('becomes a dead letter that can be listed and given up, whatever it says about its ref', async () => {
    await stream.redis.xadd(stream.keys.events, '*', 'ref', 'no ref of ours', 'hello', 'world');
    await createSettler(stream, ME).settle(settlement(await readOne(), 'dead'));
    const page = await listDeadLetters(stream, { limit: 10 });
    expect(page?.items).toHaveLength(1);
    expect(await discardDeadLetter(stream, page?.items[0]?.id ?? '')).toBe('discarded');
    expect((await sampleStream(stream)).deadLetters).toBe(0);
  });
});

describe('a pending entry whose body has vanished', () => {
  it('is settled by its holder all the same, though its lease was renewed meanwhile', async () => {
    await appendAll(stream, ['a']);
    const entry = await readOne();
    const { id, ref } = entry;
    await stream.redis.xdel(stream.keys.events, id);
    await renewLeases(stream, ME, [{ entryId: id, deliveryCount: 1, ref, running: [] }]);
    expect(await createSettler(stream, ME).settle(settlement(entry, 'done'))).toBe('settled');
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, backlog: 0 });
  });

  it('is reported as lost by the sweep that finds it, and leaves the backlog', async () => {
    await appendAll(stream, ['a']);
    const { id } = await readOne();
    await stream.redis.xdel(stream.keys.events, id);
    const { lostIds } = await claimIdle(stream, 'another', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 10 });
    expect(lostIds).toEqual([id]);
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, backlog: 0 });
  });
});
