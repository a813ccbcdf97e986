import { describe, expect, it } from '@jest/globals';
import { identityOf } from '@millrace/events';
import {
  createEffectRecorder,
  createSettler,
  GROUP,
  promoteDue,
  readRecord,
  readSettleTimes,
  renewLeases,
  summarizeEvents,
} from '@millrace/stream-client';
import { readStates } from '../../src/records/read-fields.js';
import { appendAll, openTestStream } from '../open-test-stream.js';
import { server, setStage, stream } from '../stage.js';
import {
  ANSWERED,
  aBeginning,
  anEnd,
  anEndWithEffect,
  answered,
  DETAIL,
  done,
  ME,
  ROUTE,
  readAgain,
  readOne,
  SENT,
  typeOf,
} from './short-records.js';

setStage();

describe('the record of a delivery that was done with its first attempt', () => {
  it('is one text, and reads like one by fields, alone and in lists', async () => {
    const older = await openTestStream(server.url, { entryFormat: 1 });
    const [short, long] = [await anEnd(), await anEnd(older)];
    await older.close();
    expect([await typeOf(short.ref), await typeOf(long.ref)]).toEqual(['string', 'hash']);
    for (const { ref, event } of [short, long]) {
      expect(await readRecord(stream, ref)).toEqual({
        ref,
        event,
        state: 'done',
        acceptedAt: expect.any(Date),
        finishedAt: expect.any(Date),
        deliveries: [{ route: ROUTE, ...DETAIL, state: 'done', attempts: 1, starts: 1, followUps: [] }],
      });
      expect(await stream.redis.pttl(stream.keys.record(ref))).toBeGreaterThan(100_000);
      expect(await stream.redis.pttl(stream.keys.identity(identityOf(event)))).toBeGreaterThan(50_000);
    }
    const both = [short, long].map(({ ref }) => ({ ref }));
    const routes = [{ id: ROUTE, state: 'done' }];
    expect(await summarizeEvents(stream, both)).toMatchObject([
      { ref: short.ref, state: 'done', routes, attributes: short.event.attributes },
      { ref: long.ref, state: 'done', routes, attributes: long.event.attributes },
    ]);
    expect(await readSettleTimes(stream, [short.ref, long.ref])).toEqual([expect.any(Number), expect.any(Number)]);
  });

  it('is written by fields where there is one already, and says the same', async () => {
    await appendAll(stream, ['a']);
    const entry = await readOne();
    const lease = { entryId: entry.id, deliveryCount: 1, ref: entry.ref, running: [{ route: ROUTE, attempt: 1 }] };
    expect(await renewLeases(stream, ME, [lease])).toEqual([]);
    expect(await createSettler(stream, ME).settle(done(entry))).toBe('settled');
    expect(await typeOf(entry.ref)).toBe('hash');
    expect(await readRecord(stream, entry.ref)).toMatchObject({
      state: 'done',
      deliveries: [{ ...DETAIL, attempts: 1 }],
    });
  });

  it('stays as it is for whoever settles the entry again, and has room for another route', async () => {
    const first = await anEnd();
    const before = await readRecord(stream, first.ref);
    const settler = createSettler(stream, ME);
    const other = { ...DETAIL, result: 'another' };
    const again = await readAgain();
    const outcomes = [
      { route: ROUTE, state: 'done', attempt: 1, detail: other },
      { route: 's', state: 'done', attempt: 1, detail: other },
    ] as const;
    expect(await settler.settle({ entry: again, routes: [ROUTE, 's'], outcomes })).toBe('settled');
    const after = await readRecord(stream, first.ref);
    const [kept, added] = [ROUTE, 's'].map((route) => after?.deliveries.find((one) => one.route === route));
    expect(kept).toEqual(before?.deliveries[0]);
    expect(added).toMatchObject({ state: 'done', result: 'another' });
    const same = await anEnd();
    const known = await readRecord(stream, same.ref);
    await stream.redis.xgroup('SETID', stream.keys.events, GROUP, first.id);
    expect(await settler.settle(done(await readOne()))).toBe('settled');
    expect((await readRecord(stream, same.ref))?.deliveries).toEqual(known?.deliveries);
  });

  it('expires when it would have, once it is spelled out', async () => {
    const { ref } = await anEnd();
    const key = stream.keys.record(ref);
    const text = await stream.redis.get(key);
    const [, , finished = ''] = text?.split(' ') ?? [];
    await stream.redis.set(key, text?.replace(finished, String(Number(finished) - 60_000)) ?? '');
    await stream.redis.zadd(stream.keys.due, 1, `${ref} ${ROUTE}`);
    await promoteDue(stream, 10);
    expect(await typeOf(ref)).toBe('hash');
    const left = await stream.redis.pttl(key);
    expect(left).toBeGreaterThan(30_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });
});

describe('the record of a delivery with an effect that was recorded before it was sent', () => {
  it('is one text while the effect is under way and once it is done, and reads like one by fields', async () => {
    const older = await openTestStream(server.url, { entryFormat: 1 });
    for (const [on, type] of [
      [stream, 'string'],
      [older, 'hash'],
    ] as const) {
      const { ref, event } = await aBeginning(on);
      expect(await typeOf(ref)).toBe(type);
      expect(await stream.redis.pttl(stream.keys.record(ref))).toBe(-1);
      const delivery = { route: ROUTE, version: '', state: 'running', attempts: 0, starts: 0, effects: [SENT] };
      const acceptedAt = expect.any(Date);
      const record = { ref, event, state: 'open', acceptedAt, deliveries: [{ ...delivery, followUps: [] }] };
      expect(await readRecord(stream, ref)).toEqual(record);
      const routes = [{ id: ROUTE, state: 'running' }];
      expect(await summarizeEvents(stream, [{ ref }])).toMatchObject([{ ref, state: 'open', routes }]);
    }
    for (const [on, type] of [
      [stream, 'string'],
      [older, 'hash'],
    ] as const) {
      const { ref, event } = await anEndWithEffect(on);
      expect(await typeOf(ref)).toBe(type);
      const delivery = { route: ROUTE, ...DETAIL, state: 'done', attempts: 1, starts: 1, effects: [ANSWERED] };
      const [acceptedAt, finishedAt] = [expect.any(Date), expect.any(Date)];
      const times = { acceptedAt, finishedAt };
      const record = { ref, event, state: 'done', ...times, deliveries: [{ ...delivery, followUps: [] }] };
      expect(await readRecord(stream, ref)).toEqual(record);
      expect(await stream.redis.pttl(stream.keys.record(ref))).toBeGreaterThan(100_000);
      expect(await stream.redis.pttl(stream.keys.identity(identityOf(event)))).toBeGreaterThan(50_000);
      const shown = [...(await readStates(stream, ref, { copy: false })).keys()];
      expect(shown).toEqual(expect.arrayContaining(['format', `state:${ROUTE}`, 'open']));
      expect(shown.filter((name) => /^(detail|effect):/.test(name))).toEqual([]);
    }
    await older.close();
  });

  it('is written by fields where more is known than that this effect had begun, and loses nothing of it', async () => {
    const [other, later] = [await aBeginning(), await aBeginning()];
    const settler = createSettler(stream, ME);
    expect(await settler.settle(answered(other, 'another'))).toBe('settled');
    expect(await typeOf(other.ref)).toBe('hash');
    const effects = [SENT, { ...ANSWERED, step: 'another' }];
    expect((await readRecord(stream, other.ref))?.deliveries).toMatchObject([{ state: 'done', attempts: 1, effects }]);
    const lease = { entryId: later.id, deliveryCount: 1, ref: later.ref, running: [{ route: 's', attempt: 1 }] };
    expect(await renewLeases(stream, ME, [lease])).toEqual([]);
    expect(await settler.settle(answered(later))).toBe('settled');
    const deliveries = (await readRecord(stream, later.ref))?.deliveries;
    expect(deliveries?.find(({ route }) => route === ROUTE)).toMatchObject({ state: 'done', effects: [ANSWERED] });
    expect(deliveries?.find(({ route }) => route === 's')).toMatchObject({ state: 'running' });
  });

  it('has room for the answer of its effect, and for another effect, before it is done', async () => {
    const entry = await aBeginning();
    const recorder = createEffectRecorder(stream, ME);
    const answer = { entry, route: ROUTE, step: '0', isStart: false, value: JSON.stringify(ANSWERED) };
    expect(await recorder.record(answer)).toBe('recorded');
    const next = { ...SENT, step: '1' };
    const second = { entry, route: ROUTE, step: '1', isStart: true, value: JSON.stringify(next) };
    expect(await recorder.record(second)).toBe('recorded');
    const deliveries = [{ state: 'running', attempts: 0, effects: [ANSWERED, next] }];
    expect(await readRecord(stream, entry.ref)).toMatchObject({ state: 'open', deliveries });
  });

  it('keeps who holds an entry no more from beginning or ending an effect, beside those who hold theirs', async () => {
    await appendAll(stream, ['a', 'b', 'c']);
    const [a, b, c] = [await readOne(), await readOne(), await readOne()];
    const stale = { ...b, deliveryCount: 2 };
    const recorder = createEffectRecorder(stream, ME);
    const start = { route: ROUTE, step: '0', isStart: true, value: JSON.stringify(SENT) };
    const replies = await Promise.all([a, stale, c].map((entry) => recorder.record({ ...start, entry })));
    expect(replies).toEqual(['recorded', 'not-owned', 'recorded']);
    expect(await typeOf(b.ref)).toBe('none');
    const settler = createSettler(stream, ME);
    const settled = [answered(a), answered({ ...c, deliveryCount: 2 })].map((one) => settler.settle(one));
    expect(await Promise.all(settled)).toEqual(['settled', 'not-owned']);
    expect((await readRecord(stream, c.ref))?.deliveries).toMatchObject([{ state: 'running', effects: [SENT] }]);
    const others = createEffectRecorder(stream, 'somebody else');
    expect(await others.record({ ...start, entry: c })).toBe('not-owned');
  });
});
