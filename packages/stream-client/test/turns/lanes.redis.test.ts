import { describe, expect, it } from '@jest/globals';
import {
  type Asking,
  claimIdle,
  createGroup,
  createSettler,
  type Entry,
  enterLanes,
  FIRST_CURSOR,
  laneNameOf,
  mendLanes,
  openBlockingSource,
  readPassage,
  renewLeases,
  type Stretch,
  sampleStream,
} from '@millrace/stream-client';
import { GROUP } from '../../src/keys.js';
import { appendAll } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

const ME = 'me';
const LANE = laneNameOf('r1', 'key');

setStage();

async function read(consumer: string, count: number): Promise<Entry[]> {
  const source = await openBlockingSource(stream, consumer, 20);
  const entries = await source.read(count);
  await source.close();
  return entries as Entry[];
}

const asks = (entry: Entry): Asking => ({ entry, route: 'r1', lane: LANE });

/** The next passage, as a consumer reads it that has been told up to where lanes are filled. */
async function stretchFrom(from: string, upToId: string, maxCount = 100): Promise<Stretch> {
  const { entries, upTo } = await readPassage(stream, from, upToId, maxCount);
  const joining = entries.map(({ id: entryId, ref }) => ({ entryId, ref, route: 'r1', lane: LANE }));
  return { from, upTo, joining };
}

/** Fills the lane with fresh entries that are held. */
async function enterAll(entries: readonly Entry[]): Promise<void> {
  const { filledUpTo } = await enterLanes(stream, ME, undefined, []);
  await enterLanes(stream, ME, await stretchFrom(filledUpTo, entries.at(-1)?.id ?? ''), []);
}

const waiting = (entry: Entry) =>
  ({
    entry,
    routes: ['r1'],
    outcomes: [{ route: 'r1', state: 'waiting', lane: 'keep', attempt: 1, detail: { version: '1', effects: [] } }],
  }) as const;

const done = (entry: Entry) =>
  ({
    entry,
    routes: ['r1'],
    outcomes: [
      {
        route: 'r1',
        state: 'done',
        lane: 'leave',
        attempt: entry.retry?.attempt ?? 1,
        detail: { version: '1', effects: [] },
      },
    ],
  }) as const;

describe('enterLanes', () => {
  it('answers nothing before the lanes are filled up to the entry', async () => {
    await appendAll(stream, ['a', 'b']);
    const [first, second] = (await read(ME, 2)) as [Entry, Entry];
    const { filledUpTo, turns } = await enterLanes(stream, ME, undefined, [asks(first), asks(second)]);
    expect(turns).toEqual(['unseen', 'unseen']);
    const stretch = await stretchFrom(filledUpTo, second.id);
    expect(await enterLanes(stream, ME, stretch, [asks(second), asks(first)])).toEqual({
      filledUpTo: second.id,
      turns: ['wait', 'go'],
    });
  });

  it('lets the later entry wait though its consumer is the quicker one', async () => {
    await appendAll(stream, ['a', 'b']);
    const [first] = (await read('slow', 1)) as [Entry];
    const [second] = (await read('quick', 1)) as [Entry];
    const { filledUpTo } = await enterLanes(stream, 'quick', undefined, [asks(second)]);
    const quick = await enterLanes(stream, 'quick', await stretchFrom(filledUpTo, second.id), [asks(second)]);
    expect(quick.turns).toEqual(['wait']);
    expect((await enterLanes(stream, 'slow', undefined, [asks(first)])).turns).toEqual(['go']);
  });

  it('takes each entry once and in order, however many fill lanes from what they read before', async () => {
    const refs = await appendAll(
      stream,
      Array.from({ length: 9 }, (_, n) => `e${n}`),
    );
    const entries = await read(ME, 9);
    const last = entries[8] as Entry;
    const { filledUpTo } = await enterLanes(stream, ME, undefined, []);
    const stretches = await Promise.all([3, 9, 5, 1].map((count) => stretchFrom(filledUpTo, last.id, count)));
    for (const stretch of stretches) await enterLanes(stream, ME, stretch, []);
    const late = await stretchFrom((entries[4] as Entry).id, last.id);
    await enterLanes(stream, ME, late, []);
    expect(await stream.redis.lrange(stream.keys.lane(LANE), 0, -1)).toEqual(refs.map((ref) => `${ref} r1`));
  });

  it('takes nothing of a stretch that leaves out what lies before it', async () => {
    await appendAll(stream, ['a', 'b', 'c']);
    const [, second, third] = (await read(ME, 3)) as [Entry, Entry, Entry];
    const beyond = await stretchFrom(second.id, third.id);
    expect((await enterLanes(stream, ME, beyond, [asks(third)])).turns).toEqual(['unseen']);
    expect(await stream.redis.scard(stream.keys.lanes)).toBe(0);
  });

  it('lets nobody in who no longer holds the entry', async () => {
    await appendAll(stream, ['a']);
    const [stale] = (await read(ME, 1)) as [Entry];
    await claimIdle(stream, 'other', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 10 });
    expect((await enterLanes(stream, ME, undefined, [asks(stale)])).turns).toEqual(['not-owned']);
  });
});

describe('a lane', () => {
  it('puts a waiting delivery back when its turn comes, once, though settlements are repeated', async () => {
    await appendAll(stream, ['a', 'b']);
    const [first, second] = (await read(ME, 2)) as [Entry, Entry];
    const { filledUpTo } = await enterLanes(stream, ME, undefined, []);
    await enterLanes(stream, ME, await stretchFrom(filledUpTo, second.id), []);
    const settler = createSettler(stream, ME);
    expect(await settler.settle(waiting(second))).toBe('settled');
    expect(await settler.settle(waiting(second))).toBe('not-owned');
    expect(await sampleStream(stream)).toMatchObject({ queued: 1, pending: 1, lag: 0, backlog: 2, unaccounted: 0 });
    expect(await settler.settle(done(first))).toBe('settled');
    expect(await settler.settle(done(first))).toBe('not-owned');
    const [woken] = (await read(ME, 2)) as [Entry];
    expect(woken).toMatchObject({ ref: second.ref, seq: second.seq, retry: { route: 'r1', attempt: 1 } });
    expect((await enterLanes(stream, ME, undefined, [asks(woken)])).turns).toEqual(['go']);
    expect(await settler.settle(done(woken))).toBe('settled');
    expect(await sampleStream(stream)).toMatchObject({ queued: 0, pending: 0, lag: 0, backlog: 0, unaccounted: 0 });
    expect(await stream.redis.keys('*lane*')).toEqual([]);
  });

  it('puts it back at once when its turn came while its settlement was on its way', async () => {
    await appendAll(stream, ['a', 'b']);
    const [first, second] = (await read(ME, 2)) as [Entry, Entry];
    const { filledUpTo } = await enterLanes(stream, ME, undefined, []);
    const { turns } = await enterLanes(stream, ME, await stretchFrom(filledUpTo, second.id), [asks(second)]);
    expect(turns).toEqual(['wait']);
    const settler = createSettler(stream, ME);
    await settler.settle(done(first));
    await settler.settle(waiting(second));
    expect(await read(ME, 2)).toMatchObject([{ ref: second.ref, retry: { route: 'r1', attempt: 1 } }]);
  });

  it('counts one that waits once, though the group was destroyed and its entry is read a second time', async () => {
    await appendAll(stream, ['a', 'b']);
    const entries = (await read(ME, 2)) as [Entry, Entry];
    await enterAll(entries);
    const settler = createSettler(stream, ME);
    await settler.settle(waiting(entries[1]));
    await stream.redis.xgroup('DESTROY', stream.keys.events, GROUP);
    expect(await createGroup(stream)).toEqual({ kind: 'made', lost: 0 });
    const [first, second] = (await read(ME, 2)) as [Entry, Entry];
    expect((await enterLanes(stream, ME, undefined, [asks(first), asks(second)])).turns).toEqual(['go', 'wait']);
    await settler.settle(waiting(second));
    expect(await sampleStream(stream)).toMatchObject({ queued: 1, pending: 1, backlog: 2, unaccounted: 0 });
    await settler.settle(done(first));
    const [woken] = (await read(ME, 2)) as [Entry];
    await settler.settle(done(woken));
    expect(await sampleStream(stream)).toMatchObject({ queued: 0, pending: 0, backlog: 0, unaccounted: 0 });
  });

  it('goes on past a delivery that was under way when somebody deleted the stream', async () => {
    await appendAll(stream, ['a', 'b']);
    const [first, second] = (await read(ME, 2)) as [Entry, Entry];
    await enterAll([first, second]);
    const running = [{ route: 'r1', attempt: 1 }];
    const lease = { entryId: first.id, deliveryCount: first.deliveryCount, ref: first.ref, running };
    await renewLeases(stream, ME, [lease]);
    const settler = createSettler(stream, ME);
    await settler.settle(waiting(second));
    expect(await mendLanes(stream, '0', 100)).toMatchObject({ taken: 0 });
    await stream.redis.del(stream.keys.events);
    expect(await createGroup(stream)).toEqual({ kind: 'made', lost: 1 });
    expect(await mendLanes(stream, '0', 100)).toMatchObject({ taken: 1 });
    const [woken] = (await read(ME, 2)) as [Entry];
    expect(woken).toMatchObject({ ref: second.ref, retry: { route: 'r1', attempt: 1 } });
    expect((await enterLanes(stream, ME, undefined, [asks(woken)])).turns).toEqual(['go']);
    expect(await mendLanes(stream, '0', 100)).toMatchObject({ taken: 0 });
    await stream.redis.del(stream.keys.events);
    await createGroup(stream);
    expect(await mendLanes(stream, '0', 100)).toMatchObject({ taken: 1 });
    expect(await stream.redis.keys('*lane:*')).toEqual([]);
    expect(await sampleStream(stream)).toMatchObject({ queued: 0, backlog: 0, unaccounted: 0 });
  });

  it('goes on past an event that was settled without its route, though another route of it is still open', async () => {
    await appendAll(stream, ['a', 'b']);
    const [first, second] = (await read(ME, 2)) as [Entry, Entry];
    await enterAll([first, second]);
    const settler = createSettler(stream, ME);
    const detail = { version: '1', effects: [] };
    const later = { route: 'r2', state: 'retrying', attempt: 1, detail, delayMs: 60_000 } as const;
    expect(await mendLanes(stream, '0', 100)).toMatchObject({ taken: 0 });
    await settler.settle({ entry: first, routes: ['r2'], outcomes: [later] });
    expect((await enterLanes(stream, ME, undefined, [asks(second)])).turns).toEqual(['wait']);
    expect(await mendLanes(stream, '0', 100)).toMatchObject({ taken: 1 });
    expect((await enterLanes(stream, ME, undefined, [asks(second)])).turns).toEqual(['go']);
  });
});
