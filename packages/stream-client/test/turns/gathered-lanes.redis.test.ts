import { describe, expect, it } from '@jest/globals';
import {
  createAppender,
  createSettler,
  type Entry,
  enterLanes,
  laneNameOf,
  lookAtEarlierLane,
  OutboxMover,
  openBlockingSource,
  type Partitions,
  readPassage,
} from '@millrace/stream-client';
import { anEvent } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

const ME = 'me';
const LANE = laneNameOf('r1', 'key');
/** Of the key by which the route is in order. */
const PLACE = 7;
const NEVER = new AbortController().signal;

setStage();

const fence = (epoch: number) => stream.writes.run('fence', [stream.keys.events, stream.keys.counters], [epoch]);

/** By the map that is in force by then: no fence refuses it. */
async function take(...ids: string[]): Promise<Entry[]> {
  const epoch = Number((await stream.redis.hget(stream.keys.counters, 'epoch')) ?? 1);
  const appender = createAppender(stream, { maxBacklog: 10, deadlineMs: 60_000, epoch });
  for (const id of ids) expect(await appender.append(anEvent(id))).toMatchObject({ kind: 'accepted' });
  const source = await openBlockingSource(stream, ME, 20);
  const entries = await source.read(ids.length);
  await source.close();
  return entries as Entry[];
}

/** Asks for turns by the map of an epoch, having filled lanes up to the last of the entries. */
async function enter(entries: readonly Entry[], epoch: number) {
  const { filledUpTo: from } = await enterLanes(stream, ME, undefined, []);
  const { entries: found, upTo } = await readPassage(stream, from, entries.at(-1)?.id ?? '', 100);
  const joining = found.map(({ id: entryId, ref }) => ({ entryId, ref, route: 'r1', lane: LANE }));
  const asking = entries.map((entry) => ({ entry, route: 'r1', lane: LANE, epoch }));
  return (await enterLanes(stream, ME, { from, upTo, joining }, asking)).turns;
}

async function look(epoch: number, place = PLACE, route = 'r1') {
  return (await lookAtEarlierLane(stream, { lane: LANE, epoch, gathered: { route, place } })).kind;
}

/** So many deliveries of another route, from before any fence. */
async function fillOutbox(count: number, text = ''): Promise<void> {
  const pipeline = stream.redis.pipeline();
  for (let n = 0; n < count; n++)
    pipeline.xadd(
      stream.keys.outbox,
      '*',
      ...['of', '0-1-0 other', 'identity', 'i', 'place', `${PLACE}`, 'text', text],
    );
  await pipeline.exec();
}

async function move(entry: Entry, place = PLACE): Promise<void> {
  const detail = { version: '1', effects: [] };
  const moved = { route: 'r1', state: 'moved', lane: 'leave-first', attempt: 1, detail, place } as const;
  expect(await createSettler(stream, ME).settle({ entry, routes: ['r1'], outcomes: [moved] })).toBe('settled');
}

async function end(entry: Entry): Promise<void> {
  const done = {
    route: 'r1',
    state: 'done',
    lane: 'leave',
    attempt: 1,
    detail: { version: '1', effects: [] },
  } as const;
  expect(await createSettler(stream, ME).settle({ entry, routes: ['r1'], outcomes: [done] })).toBe('settled');
}

/** Where there is one partition, all belongs there. */
const HERE = (epoch: number) =>
  ({ map: { active: { epoch } }, atPlace: () => stream, earlierAt: () => [], refresh: async () => undefined }) as const;

describe('enterLanes, for a key whose partition goes by the map', () => {
  it('lets nothing go by a map to which the partition was closed, and everything by the new one', async () => {
    const entries = await take('a', 'b');
    expect(await enter(entries, 1)).toEqual(['go', 'wait']);
    await fence(2);
    expect(await enter(entries, 1)).toEqual(['outdated', 'outdated']);
    expect(await enter(entries, 2)).toEqual(['go', 'wait']);
    expect(await enter(entries, 3)).toEqual(['go', 'wait']);
  });

  it('leaves what it refuses where it is: a delivery that would join anew stands nowhere', async () => {
    const [entry] = (await take('a')) as [Entry];
    await fence(2);
    const retried = { ...entry, retry: { route: 'r1', attempt: 2, redrivenAt: 0, unsent: 0 } };
    const asking = [{ entry: retried, route: 'r1', lane: LANE, epoch: 1 }];
    expect((await enterLanes(stream, ME, undefined, asking)).turns).toEqual(['outdated']);
    expect(await stream.redis.exists(stream.keys.lane(LANE))).toBe(0);
    expect(await stream.redis.exists(stream.keys.record(entry.ref))).toBe(0);
  });

  it('asks nobody for his map whose key belongs where its event is', async () => {
    const [entry] = (await take('a')) as [Entry];
    await fence(2);
    expect(await enter([entry], 0)).toEqual(['go']);
  });
});

describe('lookAtEarlierLane, for a key whose partition goes by the map', () => {
  it('is over once what came in before the fence has left the lane, though others pass through it', async () => {
    const [before] = (await take('before')) as [Entry];
    await fence(2);
    const [after] = (await take('after')) as [Entry];
    await enter([before, after], 2);
    expect(await look(2)).toBe('left');
    await end(before);
    expect(await look(2)).toBe('over');
    // Of a key that belongs where its events are, nothing new comes here.
    expect((await lookAtEarlierLane(stream, { lane: LANE, epoch: 2 })).kind).toBe('left');
  });

  it('is not over while something from before has left the lane for another partition and is not there yet', async () => {
    const [before] = (await take('before')) as [Entry];
    await fence(2);
    await enter([before], 2);
    await move(before);
    expect([await look(2), await look(2, PLACE + 1), await look(2, PLACE, 'r2')]).toEqual(['left', 'over', 'over']);
    await new OutboxMover(HERE(2) as unknown as Partitions, ME).move(stream, NEVER);
    expect(await look(2)).toBe('over');
  });

  it('waits for nothing in the outbox that came in behind the fence', async () => {
    await fence(2);
    const [after] = (await take('after')) as [Entry];
    await enter([after], 2);
    await move(after);
    expect(await look(2)).toBe('over');
  });

  it('is over whatever else lies in the outbox, and not over while it lies behind all that', async () => {
    const [before] = (await take('before')) as [Entry];
    await fence(2);
    await enter([before], 2);
    await fillOutbox(2_100);
    await move(before);
    expect([await look(2), await look(2, PLACE, 'r2'), await look(2, PLACE + 1)]).toEqual(['left', 'over', 'over']);
  });

  it('is over by the bytes of others as by their number', async () => {
    await fence(2);
    await fillOutbox(20, 'x'.repeat(300_000));
    expect(await look(2)).toBe('over');
  });

  it('looks no further once nobody wants to know', async () => {
    await fence(2);
    await fillOutbox(2_100);
    const asked = { lane: LANE, epoch: 2, gathered: { route: 'r1', place: PLACE } };
    expect((await lookAtEarlierLane(stream, asked, AbortSignal.abort())).kind).toBe('left');
  });

  it('tells an event from before that has no entry yet by its sequence', async () => {
    const deliverat = new Date(Date.now() + 600_000).toISOString();
    await createAppender(stream, { maxBacklog: 10, deadlineMs: 60_000 }).append(anEvent('later', {}, { deliverat }));
    await fence(2);
    const [member = ''] = await stream.redis.zrange(stream.keys.due, '0', '-1');
    const lane = stream.keys.lane(LANE);
    await stream.redis.rpush(lane, member.replace('*', 'r1'));
    expect(await look(2)).toBe('left');
    await stream.redis.del(lane);
    await stream.redis.rpush(lane, '0-9999999999999-1000000009999 r1');
    expect(await look(2)).toBe('over');
  });

  it('tells nothing by a fence that is older than the map of whoever asks', async () => {
    await fence(2);
    expect(await look(2)).toBe('over');
    expect(await look(3)).toBe('left');
    await fence(3);
    expect(await look(3)).toBe('over');
    expect(await look(2)).toBe('over');
  });
});
