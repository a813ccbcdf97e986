import { describe, expect, it } from '@jest/globals';
import { identityOf } from '@millrace/events';
import {
  type Approval,
  actInJob,
  answerApproval,
  cancelEvent,
  contextIdOf,
  createEffectRecorder,
  createGroup,
  createSettler,
  discardDeadLetter,
  type Entry,
  enterContext,
  enterLanes,
  expireParked,
  findNewestDeath,
  GROUP,
  getDeadLetter,
  holdJob,
  laneNameOf,
  listDeadLetters,
  mendLanes,
  openBlockingSource,
  promoteDue,
  readRecord,
  readSettleTimes,
  rebaseTimes,
  redriveDeadLetter,
  renewLeases,
  resolveDeadLetter,
  type Stream,
  startJob,
  summarizeEvents,
} from '@millrace/stream-client';
import { clearOutbox } from '../../src/outbox/outbox.js';
import { readStates } from '../../src/records/read-fields.js';
import { appendAll, openTestStream } from '../open-test-stream.js';
import { server, setStage, stream } from '../stage.js';

const ME = 'me';
const ROUTE = 'r';
const DETAIL = { version: 'v1', effects: [], result: { ok: 'Grüße\nund 2 j 5' } };
const LANE = laneNameOf(ROUTE, 'key');
const CONTEXT = { route: ROUTE, name: 'ada', seq: 1, keepMs: 1_000 };

setStage();

async function readOne(on: Stream = stream): Promise<Entry> {
  const source = await openBlockingSource(on, ME, 50);
  const [entry] = await source.read(1);
  await source.close();
  if (entry?.kind !== 'entry') throw new Error('nothing was read');
  return entry;
}

const done = (entry: Entry, route = ROUTE, routes = [ROUTE]) =>
  ({ entry, routes, outcomes: [{ route, state: 'done', attempt: 1, detail: DETAIL }] }) as const;

const typeOf = (ref: string) => stream.redis.type(stream.keys.record(ref));

/** An event that is done, and has the shortest of records. */
async function anEnd(on: Stream = stream): Promise<Entry> {
  await appendAll(on, [`event-${Math.random()}`]);
  const entry = await readOne(on);
  expect(await createSettler(on, ME).settle(done(entry))).toBe('settled');
  return entry;
}

const SENT = { step: '0', state: 'sent', key: 'k', text: 'Grüße\nund 3 j 5' };
const ANSWERED = { ...SENT, state: 'done', result: 'Grüße\nzurück' };

/** An event of which nothing is known but that its first effect is about to be sent. */
async function aBeginning(on: Stream = stream): Promise<Entry> {
  await appendAll(on, [`event-${Math.random()}`]);
  const entry = await readOne(on);
  const effect = { route: ROUTE, step: '0', isStart: true, value: JSON.stringify(SENT) };
  expect(await createEffectRecorder(on, ME).record({ ...effect, entry })).toBe('recorded');
  return entry;
}

const answered = (entry: Entry, step = '0') => {
  const effects = [{ step, value: JSON.stringify({ ...ANSWERED, step }) }];
  const outcome = { route: ROUTE, state: 'done', attempt: 1, detail: DETAIL, effects } as const;
  return { entry, routes: [ROUTE], outcomes: [outcome] };
};

/** An event that is done, with one effect that was recorded before it was sent. */
async function anEndWithEffect(on: Stream = stream): Promise<Entry> {
  const entry = await aBeginning(on);
  expect(await createSettler(on, ME).settle(answered(entry))).toBe('settled');
  return entry;
}

/** The same entry, as it is read once more where the group was destroyed. */
async function readAgain(): Promise<Entry> {
  await stream.redis.xgroup('DESTROY', stream.keys.events, GROUP);
  await createGroup(stream);
  return readOne();
}

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

/** Puts the delivery among those that wait, are parked, queued or dead, where by right it never is. */
const misplace = (key: string, ref: string, score = Date.now()) =>
  stream.redis.zadd(key, score, `${ref} ${ROUTE}`) as Promise<unknown>;

const leaseOf = ({ id, deliveryCount, ref }: Entry) => ({
  entryId: id,
  deliveryCount,
  ref,
  running: [{ route: ROUTE, attempt: 1, progress: { step: '0', progress: 1 } }],
});

const letterOf = (ref: string) => `${ref}.${ROUTE}`;

/** Everything that a script is run for that looks at records or adds to them, and what it comes to. */
const ACTS: readonly (readonly [what: string, act: (ref: string) => Promise<unknown>, expected: unknown])[] = [
  ['a heartbeat', async () => renewLeases(stream, ME, [leaseOf(await readAgain())]), []],
  [
    'the start of an effect',
    async () => {
      const effect = { route: ROUTE, step: '0', isStart: true, value: '{"state":"sent"}' };
      return createEffectRecorder(stream, ME).record({ ...effect, entry: await readAgain() });
    },
    'known',
  ],
  [
    'a place in a lane',
    async (ref) => {
      const entry = await readAgain();
      const joining = [{ entryId: entry.id, ref, route: ROUTE, lane: LANE }];
      const asking = [{ entry, route: ROUTE, lane: LANE }];
      return (await enterLanes(stream, ME, { from: '0-0', upTo: entry.id, joining }, asking)).turns;
    },
    ['go'],
  ],
  [
    'an outcome that keeps a place in a lane',
    async () => {
      const entry = await readAgain();
      const outcome = {
        route: ROUTE,
        state: 'retrying',
        attempt: 2,
        delayMs: 1,
        lane: 'keep',
        detail: DETAIL,
      } as const;
      return createSettler(stream, ME).settle({ entry, routes: [ROUTE], outcomes: [outcome] });
    },
    'unplaced',
  ],
  [
    'mending lanes',
    async (ref) => {
      await stream.redis.rpush(stream.keys.lane(LANE), `${ref} ${ROUTE}`);
      await stream.redis.sadd(stream.keys.lanes, stream.keys.lane(LANE));
      return (await mendLanes(stream, '0', 10)).taken;
    },
    1,
  ],
  ['a context', async (ref) => (await enterContext(stream, { ...CONTEXT, ref })).kind, 'entered'],
  [
    'a context that it is said to be in',
    async (ref) => {
      await stream.redis.hset(stream.keys.context(contextIdOf(CONTEXT)), 'holder', `${ref} ${ROUTE}`);
      const [other = ''] = await appendAll(stream, ['other']);
      return (await enterContext(stream, { ...CONTEXT, ref: other })).kind;
    },
    'entered',
  ],
  ['what is due', async (ref) => (await misplace(stream.keys.due, ref)) && promoteDue(stream, 10), 1],
  [
    'what is due and paused',
    async (ref) => {
      await misplace(stream.keys.due, ref);
      return promoteDue(stream, 10, () => ({ kind: 'route', name: ROUTE }));
    },
    1,
  ],
  [
    'a clock that was set back',
    async (ref) => (await misplace(stream.keys.due, ref, Date.now() + 60_000)) && rebaseTimes(stream),
    undefined,
  ],
  ['what is parked', async (ref) => (await misplace(stream.keys.parked, ref)) && expireParked(stream, 10), 1],
  [
    'an answer',
    async (ref) => {
      const approval = { ref, asks: { attempt: 1 }, delivery: { route: ROUTE } } as unknown as Approval;
      return answerApproval(stream, approval, {});
    },
    'not-found',
  ],
  [
    'cancelling',
    async (ref) => (await misplace(stream.keys.queued, ref)) && (await cancelEvent(stream, ref))?.cancelled,
    [ROUTE],
  ],
  [
    'a list of dead letters',
    async (ref) => {
      await misplace(stream.keys.dead, ref);
      return (await listDeadLetters(stream, { limit: 5, filter: { reason: 'none', text: 'none' } }))?.items;
    },
    [],
  ],
  [
    'a redrive',
    async (ref) => (await misplace(stream.keys.dead, ref)) && redriveDeadLetter(stream, letterOf(ref)),
    'not-redrivable',
  ],
  [
    'resolving',
    async (ref) => (await misplace(stream.keys.dead, ref)) && (await resolveDeadLetter(stream, letterOf(ref)))?.ref,
    expect.any(String),
  ],
  [
    'discarding',
    async (ref) => (await misplace(stream.keys.dead, ref)) && discardDeadLetter(stream, letterOf(ref)),
    'discarded',
  ],
  [
    'a job over dead letters',
    async (ref) => {
      await misplace(stream.keys.dead, ref);
      const newest = await findNewestDeath(stream);
      const started = await startJob(stream, { kind: 'purge', filter: {}, rate: 50, newest, matched: 1 });
      if (started.kind !== 'started') throw new Error('a job is running');
      await holdJob(stream, started.job.id, 'one');
      const deadAt = (await getDeadLetter(stream, letterOf(ref)))?.deadAt.getTime() ?? 0;
      return actInJob(stream, started.job, 'one', { member: `${ref} ${ROUTE}`, deadAt });
    },
    'acted',
  ],
  [
    'what has arrived in another partition',
    async (ref) => {
      const id = (await stream.redis.xadd(stream.keys.outbox, '*', 'of', `${ref} ${ROUTE}`)) ?? '';
      const departure = { id, ref, route: ROUTE, place: 0, identity: '', contentHash: '', text: Buffer.alloc(0) };
      return clearOutbox(stream, [{ departure, ref: '1-1-1' }]);
    },
    undefined,
  ],
];

describe('a record of one text is no obstacle to', () => {
  it.each(ACTS)('%s', async (_what, act, expected) => {
    for (const make of [anEnd, anEndWithEffect]) {
      await stream.redis.flushall();
      await createGroup(stream);
      const { ref } = await make();
      expect(await act(ref)).toEqual(expected);
      expect(await readRecord(stream, ref)).toMatchObject({ ref, deliveries: [{ route: ROUTE, attempts: 1 }] });
    }
  });

  it.each(ACTS)('%s, while an effect is under way', async (_what, act) => {
    const { ref } = await aBeginning();
    await act(ref);
    const deliveries = [{ route: ROUTE, effects: [SENT] }];
    expect(await readRecord(stream, ref)).toMatchObject({ ref, deliveries });
  });
});
