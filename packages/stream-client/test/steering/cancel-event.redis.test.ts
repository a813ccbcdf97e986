import { describe, expect, it } from '@jest/globals';
import { identityOf } from '@millrace/events';
import {
  cancelEvent,
  createAppender,
  createSettler,
  listDeadLetters,
  type Outcome,
  promoteDue,
  readRecord,
  type Stream,
  sampleStream,
} from '@millrace/stream-client';
import { aDeadLetter, readNew } from '../a-dead-letter.js';
import { anEvent, appendAll } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

setStage();

const HOUR_MS = 3_600_000;
const ROUTES = ['one', 'two', 'three'];
const error = { code: 'TOOL_TIMEOUT', message: 'no answer' };
const detail = { version: 'v1', effects: [{ tool: 'x' }], error };

function retrying(route: string, delayMs = HOUR_MS): Outcome {
  return { route, state: 'retrying', attempt: 1, detail, delayMs, unsent: 0 };
}

/** Appends an event with three routes and settles those given. */
async function settleSome(outcomes: readonly Outcome[]): Promise<string> {
  const [ref = ''] = await appendAll(stream, ['a']);
  const [entry] = await readNew(stream, 1);
  if (entry === undefined) throw new Error('there is nothing to read');
  await createSettler(stream, 'me').settle({ entry, routes: ROUTES, outcomes });
  return ref;
}

describe('cancelEvent', () => {
  it('ends the deliveries that wait for a retry and leaves the one in flight', async () => {
    const ref = await settleSome([retrying('one'), retrying('two')]);
    expect(await cancelEvent(stream, ref)).toEqual({
      cancelled: ['one', 'two'],
      left: [{ route: 'three', state: 'waiting' }],
    });
    expect(await readRecord(stream, ref)).toMatchObject({
      state: 'open',
      deliveries: [
        { route: 'one', state: 'dead', reason: 'cancelled', attempts: 1, starts: 1, error, effects: [{ tool: 'x' }] },
        { route: 'two', state: 'dead', reason: 'cancelled' },
        { route: 'three', state: 'waiting' },
      ],
    });
    expect(await sampleStream(stream)).toMatchObject({ retrying: 0, backlog: 1, deadLetters: 0 });
    expect(await stream.redis.pttl(stream.keys.record(ref))).toBe(-1);
  });

  it('keeps no dead letter, and gives the event its lifetimes when nothing else of it is open', async () => {
    const ref = await settleSome([retrying('one'), retrying('two'), { ...retrying('three'), state: 'done' }]);
    expect((await cancelEvent(stream, ref))?.left).toEqual([]);
    expect(await readRecord(stream, ref)).toMatchObject({ state: 'dead', finishedAt: expect.any(Date) });
    expect((await listDeadLetters(stream, { limit: 10 }))?.items).toEqual([]);
    expect(await stream.redis.pttl(stream.keys.record(ref))).toBeGreaterThan(0);
    expect(await stream.redis.pttl(stream.keys.identity(identityOf(anEvent('a'))))).toBeGreaterThan(0);
    expect(await sampleStream(stream)).toMatchObject({ backlog: 0, pending: 0 });
    expect(await promoteDue(stream, 10)).toBe(0);
  });

  it('keeps the record of an event that has a dead letter', async () => {
    const ref = await settleSome([retrying('one'), retrying('two'), { ...retrying('three'), state: 'dead' }]);
    await cancelEvent(stream, ref);
    expect(await stream.redis.pttl(stream.keys.record(ref))).toBe(-1);
  });

  it('leaves a retry whose time has come, and one that was cancelled before', async () => {
    const ref = await settleSome([retrying('one', 0), retrying('two')]);
    await promoteDue(stream, 10);
    const waiting = ['one', 'three'].map((route) => ({ route, state: 'waiting' }));
    expect(await cancelEvent(stream, ref)).toEqual({ cancelled: ['two'], left: waiting });
    expect(await cancelEvent(stream, ref)).toEqual({ cancelled: [], left: waiting });
    expect(await sampleStream(stream)).toMatchObject({ retrying: 0, backlog: 2 });
  });

  it('cancels each delivery one time when two callers come at once', async () => {
    const ref = await settleSome([retrying('one'), retrying('two')]);
    const answers = await Promise.all([cancelEvent(stream, ref), cancelEvent(stream, ref)]);
    expect(answers.flatMap((answer) => answer?.cancelled ?? []).sort()).toEqual(['one', 'two']);
    expect(await sampleStream(stream)).toMatchObject({ backlog: 1 });
  });

  it('leaves a delivery that has been attempted again since it was looked at', async () => {
    const ref = await settleSome([retrying('one')]);
    const { redis, keys } = stream;
    const look = Reflect.get(redis, 'read-recordBuffer') as (...args: unknown[]) => Promise<unknown>;
    // The next attempt fails between the look and the step, each time.
    let attempts = 1;
    const attempted = Object.create(redis, {
      'read-recordBuffer': {
        value: async (...args: unknown[]) => {
          const found = await look.apply(redis, args);
          attempts += 1;
          await redis.hset(keys.record(ref), 'state:one', `retrying ${attempts} ${attempts} 1 ${Date.now() + HOUR_MS}`);
          return found;
        },
      },
    }) as Stream['redis'];
    expect((await cancelEvent({ ...stream, redis: attempted }, ref))?.cancelled).toEqual([]);
    expect((await cancelEvent(stream, ref))?.cancelled).toEqual(['one']);
  });

  it('ends an event whose time has not come, as a whole', async () => {
    const event = anEvent('later', {}, { deliverat: new Date(Date.now() + HOUR_MS).toISOString() });
    const result = await createAppender(stream, { maxBacklog: 10, deadlineMs: 60_000 }).append(event);
    if (result.kind !== 'accepted') throw new Error(`the event was ${result.kind}`);
    expect(await readRecord(stream, result.ref)).toMatchObject({ state: 'scheduled' });
    expect(await cancelEvent(stream, result.ref)).toEqual({ cancelled: ['*'], left: [] });
    expect(await readRecord(stream, result.ref)).toMatchObject({
      state: 'dead',
      deliveries: [{ route: '*', state: 'dead', reason: 'cancelled', attempts: 0, starts: 0 }],
    });
    expect(await sampleStream(stream)).toMatchObject({ retrying: 0, backlog: 0 });
    expect(await stream.redis.hget(stream.keys.record(result.ref), 'open')).toBe('0');
    expect(await stream.redis.pttl(stream.keys.record(result.ref))).toBeGreaterThan(0);
    expect(await stream.redis.pttl(stream.keys.identity(identityOf(event)))).toBeGreaterThan(0);
    expect(await cancelEvent(stream, result.ref)).toEqual({ cancelled: [], left: [] });
  });

  it('has nothing to do about an event that is open, dead or unknown', async () => {
    const [open = ''] = await appendAll(stream, ['b']);
    expect(await cancelEvent(stream, open)).toEqual({ cancelled: [], left: [] });
    await readNew(stream, 1);
    const dead = (await aDeadLetter(stream, 'c')).split('.')[0] ?? '';
    expect(await cancelEvent(stream, dead)).toEqual({ cancelled: [], left: [] });
    for (const ref of ['0-9-9', 'nonsense']) expect(await cancelEvent(stream, ref)).toBeUndefined();
  });
});
