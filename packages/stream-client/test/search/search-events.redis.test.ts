import { describe, expect, it } from '@jest/globals';
import {
  createAppender,
  createSettler,
  type EventFilter,
  findEvent,
  type SearchBudget,
  searchEvents,
} from '@millrace/stream-client';
import { giveUpNext, readNew } from '../a-dead-letter.js';
import { anEvent } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

setStage();

const BUDGET: SearchBudget = { maxFound: 50, maxScanned: 1_000, maxBytes: 10_000_000, maxMs: 5_000 };

async function append(id: string, data: unknown = { total: 5 }, attributes: Record<string, string> = {}) {
  const appender = createAppender(stream, { maxBacklog: 1_000_000, deadlineMs: 60_000 });
  const event = anEvent(id, data, attributes);
  const { type = event.type, source = event.source } = attributes;
  const result = await appender.append({ ...event, type, source });
  if (result.kind !== 'accepted') throw new Error(`event ${id} was ${result.kind}`);
  return result.ref;
}

async function settleNext(route: string, state: 'done' | 'retrying') {
  const [entry] = await readNew(stream, 1);
  if (entry === undefined) throw new Error('there is nothing to read');
  const detail = { version: 'v1', effects: [] };
  const outcome = state === 'done' ? { state } : { state, delayMs: 60_000, unsent: 0 };
  const outcomes = [{ route, attempt: 1, detail, ...outcome }] as const;
  await createSettler(stream, 'me').settle({ entry, routes: [route], outcomes });
}

async function idsOf(filter: EventFilter, budget: Partial<SearchBudget> = {}): Promise<unknown[]> {
  const search = await searchEvents(stream, filter, { ...BUDGET, ...budget });
  return (search?.items ?? []).map(({ attributes }) => attributes.id);
}

describe('searchEvents', () => {
  it('finds events by what they are and by a word in their data, the latest first', async () => {
    await append('a', { note: 'Überraschung' }, { type: 'com.test.one', subject: 's', partitionkey: 'k' });
    await append('b', { note: 'nothing' }, { type: 'com.test.two', source: '/other' });
    await append('c', { note: 'ÜBERRASCHUNG again' });
    const cases: [EventFilter, string[]][] = [
      [{}, ['c', 'b', 'a']],
      [{ id: 'b' }, ['b']],
      [{ source: '/test' }, ['c', 'a']],
      [{ type: 'com.test.one' }, ['a']],
      [{ type: 'com.test.*' }, ['c', 'b', 'a']],
      [{ subject: 's' }, ['a']],
      [{ key: 'k' }, ['a']],
      [{ text: 'überraschung' }, ['c', 'a']],
      [{ text: 'überraschung', type: 'com.test.one' }, ['a']],
      [{ text: 'missing' }, []],
    ];
    for (const [filter, ids] of cases) expect([filter, await idsOf(filter)]).toEqual([filter, ids]);
  });

  it('finds events by what has become of them, and by the route it has become so along', async () => {
    for (const id of ['done', 'retrying', 'dead', 'open']) await append(id);
    await settleNext('score', 'done');
    await settleNext('bill', 'retrying');
    await giveUpNext(stream, { route: 'score' });
    const cases: [EventFilter, string[]][] = [
      [{ state: 'open' }, ['open', 'retrying']],
      [{ state: 'retrying' }, ['retrying']],
      [{ state: 'dead' }, ['dead']],
      [{ route: 'score' }, ['dead', 'done']],
      [{ route: 'score', state: 'done' }, ['done']],
      [{ route: 'bill', state: 'open' }, []],
    ];
    for (const [filter, ids] of cases) expect([filter, await idsOf(filter)]).toEqual([filter, ids]);
    const [item] = (await searchEvents(stream, { id: 'retrying' }, BUDGET))?.items ?? [];
    expect(item).toMatchObject({ state: 'open', routes: [{ id: 'bill', state: 'retrying' }] });
  });

  it('finds events between two times, the earlier included and the later not', async () => {
    const at = [1_000, 2_000, 3_000];
    for (const ms of at) {
      const { attributes } = anEvent(String(ms));
      const fields = ['format', '1', 'seq', '1', 'kind', '-', 'event', JSON.stringify(attributes), 'data', ''];
      await stream.redis.xadd(stream.keys.events, `${ms}-0`, ...fields);
    }
    expect(await idsOf({ since: new Date(2_000) })).toEqual(['3000', '2000']);
    expect(await idsOf({ until: new Date(2_000) })).toEqual(['1000']);
    expect(await idsOf({ since: new Date(2_000), until: new Date(3_000) })).toEqual(['2000']);
  });

  it('shows each event once, however often it was put back, and passes over what nobody can read', async () => {
    await append('a');
    await giveUpNext(stream);
    await stream.redis.xadd(stream.keys.events, '*', 'not', 'ours');
    const { attributes } = anEvent('a');
    const again = ['format', '1', 'seq', '1', 'kind', '-', 'event', JSON.stringify(attributes), 'data', ''];
    await stream.redis.xadd(stream.keys.events, '*', ...again, 'ref', '0-1-1', 'route', 'score', 'attempt', '2');
    expect(await idsOf({})).toEqual(['a']);
  });

  it('goes on where the page before ended, without leaving out or repeating any', async () => {
    const ids = Array.from({ length: 130 }, (_, n) => String(n));
    for (const id of ids) await append(id);
    const seen: unknown[] = [];
    let cursor: string | undefined;
    do {
      const options = cursor === undefined ? {} : { cursor };
      const page = await searchEvents(stream, {}, { ...BUDGET, maxFound: 7 }, options);
      seen.push(...(page?.items ?? []).map(({ attributes }) => attributes.id));
      cursor = page?.next;
    } while (cursor !== undefined);
    expect(seen).toEqual(ids.reverse());
    expect(await searchEvents(stream, {}, BUDGET, { cursor: 'nonsense' })).toBeUndefined();
  });

  it('stops when its budget is spent, says how far it came, and the next page goes on from there', async () => {
    for (let n = 0; n < 70; n++) await append(String(n), { pad: 'x'.repeat(1_000) });
    const filter = { id: '0' };
    const first = await searchEvents(stream, filter, { ...BUDGET, maxScanned: 20 });
    expect(first).toMatchObject({ items: [], scanned: 20, next: expect.any(String), scannedTo: expect.any(Date) });
    const second = await searchEvents(stream, filter, BUDGET, { cursor: first?.next ?? '' });
    expect(second).toMatchObject({ items: [{ attributes: { id: '0' } }], scanned: 50 });
    expect(second).not.toHaveProperty('next');
    expect(await searchEvents(stream, filter, { ...BUDGET, maxBytes: 1_000 })).toMatchObject({ items: [] });
    expect(await searchEvents(stream, filter, { ...BUDGET, maxMs: -1, maxScanned: 10 })).toMatchObject({ scanned: 10 });
  });

  it('leaves out an event whose record has expired', async () => {
    const ref = await append('gone');
    await settleNext('score', 'done');
    await stream.redis.del(stream.keys.record(ref));
    expect(await idsOf({})).toEqual([]);
  });
});

describe('findEvent', () => {
  it('finds an event by its ref, or by source and id, unless it fails another condition', async () => {
    const ref = await append('a');
    const identity = { source: '/test', id: 'a' };
    for (const name of [{ ref }, identity]) expect(await findEvent(stream, name, {})).toMatchObject({ ref });
    expect(await findEvent(stream, identity, { state: 'dead' })).toBeUndefined();
    expect(await findEvent(stream, identity, { until: new Date(1) })).toBeUndefined();
    expect(await findEvent(stream, { source: '/test', id: 'b' }, {})).toBeUndefined();
    expect(await findEvent(stream, { ref: 'nonsense' }, {})).toBeUndefined();
  });
});
