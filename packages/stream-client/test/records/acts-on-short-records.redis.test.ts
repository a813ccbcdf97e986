import { describe, expect, it } from '@jest/globals';
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
  getDeadLetter,
  holdJob,
  laneNameOf,
  listDeadLetters,
  mendLanes,
  promoteDue,
  readRecord,
  rebaseTimes,
  redriveDeadLetter,
  renewLeases,
  resolveDeadLetter,
  startJob,
} from '@millrace/stream-client';
import { clearOutbox } from '../../src/outbox/outbox.js';
import { appendAll } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';
import { aBeginning, anEnd, anEndWithEffect, DETAIL, ME, ROUTE, readAgain, SENT } from './short-records.js';

const LANE = laneNameOf(ROUTE, 'key');
const CONTEXT = { route: ROUTE, name: 'ada', seq: 1, keepMs: 1_000 };

setStage();

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
