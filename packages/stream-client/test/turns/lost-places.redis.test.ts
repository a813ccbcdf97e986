import { describe, expect, it } from '@jest/globals';
import {
  type Asking,
  createSettler,
  type Entry,
  enterLanes,
  laneNameOf,
  lookAtEarlierLane,
  type Outcome,
  openBlockingSource,
  readPassage,
  readRecord,
  sampleStream,
} from '@millrace/stream-client';
import { keepAsReplica } from '@millrace/testing';
import { appendAll } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

const ME = 'me';
const LANE = laneNameOf('r1', 'key');

setStage();

async function read(count: number): Promise<Entry[]> {
  const source = await openBlockingSource(stream, ME, 20);
  const entries = await source.read(count);
  await source.close();
  return entries as Entry[];
}

/** Asks for turns, and fills lanes before that up to the last of the entries, as a consumer does. */
async function enter(entries: readonly Entry[]) {
  const asking = entries.map((entry): Asking => ({ entry, route: 'r1', lane: LANE }));
  const { filledUpTo: from } = await enterLanes(stream, ME, undefined, []);
  const { entries: found, upTo } = await readPassage(stream, from, entries.at(-1)?.id ?? '', 100);
  const joining = found.map(({ id: entryId, ref }) => ({ entryId, ref, route: 'r1', lane: LANE }));
  return (await enterLanes(stream, ME, { from, upTo, joining }, asking)).turns;
}

function settlementOf(entry: Entry, outcome: Pick<Outcome, 'state' | 'lane'> & Partial<Outcome>) {
  const attempt = entry.retry?.attempt ?? 1;
  const detail = { version: '1', effects: [] };
  return { entry, routes: ['r1'], outcomes: [{ route: 'r1', attempt, detail, delayMs: 0, ...outcome }] };
}

const WAITING = { state: 'waiting', lane: 'keep' } as const;

/** Two events of a key, read and given their turns by a Redis that is lost before its replica hears of their lanes. */
async function twoWithoutPlaces(): Promise<[first: Entry, second: Entry]> {
  await appendAll(stream, ['a', 'b']);
  const entries = (await read(2)) as [Entry, Entry];
  const failOver = await keepAsReplica(stream.redis);
  expect(await enter(entries)).toEqual(['go', 'wait']);
  await failOver();
  return entries;
}

describe('a delivery whose place in its lane was lost with a Redis', () => {
  it.each([
    ['wait for its turn', WAITING],
    ['be tried again', { state: 'retrying', lane: 'keep' }],
    ['wait for an answer', { state: 'parked', lane: 'keep', delayMs: 60_000 }],
    ['hold its key as a dead letter', { state: 'dead', lane: 'stop' }],
  ] as const)('is not settled to %s before it stands there again', async (_what, outcome) => {
    const [first, second] = await twoWithoutPlaces();
    const settler = createSettler(stream, ME);
    expect(await settler.settle(settlementOf(second, outcome))).toBe('unplaced');
    expect(await readRecord(stream, second.ref)).toMatchObject({ deliveries: [] });
    expect(await sampleStream(stream)).toMatchObject({ pending: 2, backlog: 2, queued: 0, unaccounted: 0 });
    expect(await enter([first, second])).toEqual(['go', 'wait']);
    expect(await settler.settle(settlementOf(second, outcome))).toBe('settled');
    expect(await sampleStream(stream)).toMatchObject({ pending: 1, lag: 0, unaccounted: 0 });
  });

  it('does not go on in another partition, and there before what came before it', async () => {
    const entries = await twoWithoutPlaces();
    const settler = createSettler(stream, ME);
    const moving = { state: 'moved', lane: 'leave-first', place: 7 } as const;
    const [ofFirst, ofSecond] = [settlementOf(entries[0], moving), settlementOf(entries[1], moving)];
    // In no lane, then behind the other one.
    expect(await settler.settle(ofSecond)).toBe('unplaced');
    expect(await enter(entries)).toEqual(['go', 'wait']);
    expect(await settler.settle(ofSecond)).toBe('unplaced');
    expect(await readRecord(stream, entries[1].ref)).toMatchObject({ deliveries: [] });
    expect(await sampleStream(stream)).toMatchObject({ pending: 2, backlog: 2, departing: 0, unaccounted: 0 });
    expect(await settler.settle(ofFirst)).toBe('settled');
    expect(await settler.settle(ofSecond)).toBe('settled');
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, departing: 2, unaccounted: 0 });
  });

  it('is settled at once where it is done and leaves: nothing of it is still to come that might be passed', async () => {
    const [first, second] = await twoWithoutPlaces();
    const settler = createSettler(stream, ME);
    expect(await settler.settle(settlementOf(first, { state: 'done', lane: 'leave' }))).toBe('settled');
    expect(await enter([second])).toEqual(['go']);
  });

  it('holds up nothing that is settled in the same call', async () => {
    const [first, second] = await twoWithoutPlaces();
    const settler = createSettler(stream, ME);
    const plain = {
      entry: first,
      routes: ['r1'],
      outcomes: [settlementOf(first, { state: 'done' }).outcomes[0] as Outcome],
    };
    const replies = [second, first].map((entry) =>
      settler.settle(entry === first ? plain : settlementOf(second, WAITING)),
    );
    expect(await Promise.all(replies)).toEqual(['unplaced', 'settled']);
    expect(await sampleStream(stream)).toMatchObject({ pending: 1, backlog: 1, unaccounted: 0 });
  });

  it('still holds up what comes after it in another partition', async () => {
    const [first, second] = await twoWithoutPlaces();
    const settler = createSettler(stream, ME);
    await stream.writes.run('fence', [stream.keys.events, stream.keys.counters], [2]);
    for (const entry of [first, second]) await settler.settle(settlementOf(entry, WAITING));
    expect(await lookAtEarlierLane(stream, { lane: LANE, epoch: 2 })).not.toMatchObject({ kind: 'over' });
  });
});
