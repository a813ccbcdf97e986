import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createGroup,
  createSettler,
  type Entry,
  OutboxMover,
  type Outcome,
  openBlockingSource,
  type Stream,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { append, giveUpNext, openTestOperator, ROUTE } from './open-test-operator.js';

let redis: RedisServer;
let operator: Awaited<ReturnType<typeof openTestOperator>>;

beforeAll(async () => {
  redis = await startRedisServer();
  operator = await openTestOperator(redis.url, {}, { partitions: 2 });
});

afterAll(async () => {
  await operator.close();
  await redis.stop();
});

beforeEach(async () => {
  const { all } = operator.partitions;
  for (const { redis: one, keys } of all) await one.del(keys.events, keys.counters, keys.due, keys.dead);
  await Promise.all(all.map(createGroup));
});

const DETAIL = { version: '1', effects: [] };
const there = () => operator.partitions.all[1] as Stream;

/** Settles the next entry of a partition. */
async function settleNext(
  stream: Stream,
  outcome: Omit<Outcome, 'route' | 'attempt' | 'detail'>,
  ...others: readonly Outcome[]
): Promise<void> {
  const source = await openBlockingSource(stream, 'me', 50);
  const [entry] = (await source.read(1)) as Entry[];
  await source.close();
  if (entry === undefined) throw new Error('there is no entry');
  const outcomes = [{ route: ROUTE, attempt: 1, detail: DETAIL, ...outcome }, ...others];
  await createSettler(stream, 'me').settle({ entry, routes: outcomes.map(({ route }) => route), outcomes });
}

/** An event of partition 0 whose delivery goes on in partition 1; resolves with its ref. */
async function appendMoving(id: string): Promise<string> {
  const ref = await append(operator.stream, id);
  await settleNext(operator.stream, { state: 'moved', place: 1 });
  return ref;
}

async function move(): Promise<void> {
  await new OutboxMover(operator.partitions, 'me').move(operator.stream, new AbortController().signal);
}

const record = async (ref: string) =>
  (await operator.app.inject(`/v1/events/${ref}`)).json<{
    state: string;
    routes: { state: string; movedTo?: string }[];
    causedBy?: { ref: string };
  }>();
const cancel = async (ref: string) =>
  (await operator.app.inject({ method: 'POST', url: `/v1/events/${ref}/cancel` })).json<Record<string, unknown>>();

describe('an event whose delivery went on in another partition', () => {
  it('is open on the way there and until that is over, and is dead with it', async () => {
    const ref = await appendMoving('a');
    expect(await record(ref)).toMatchObject({ state: 'open', routes: [{ id: ROUTE, state: 'waiting' }] });
    await move();
    const { state, routes } = await record(ref);
    const [{ movedTo = '' } = {}] = routes;
    expect([state, movedTo]).toEqual(['open', expect.stringMatching(/^1-/)]);
    expect(await record(movedTo)).toMatchObject({ state: 'open', causedBy: { ref } });
    const letter = await giveUpNext(there(), ROUTE);
    expect(letter).toBe(`${movedTo}.${ROUTE}`);
    expect(await record(ref)).toMatchObject({ state: 'dead', routes: [{ state: 'dead', movedTo }] });
  });

  it('is cancelled where it waits; on its way there, it is named as left', async () => {
    const ref = await appendMoving('b');
    expect(await cancel(ref)).toMatchObject({ cancelled: [], left: [{ route: ROUTE, state: 'waiting' }] });
    await move();
    await settleNext(there(), { state: 'retrying', delayMs: 60_000, unsent: 0 });
    expect(await cancel(ref)).toMatchObject({ cancelled: [ROUTE], left: [] });
    expect(await record(ref)).toMatchObject({ state: 'dead', routes: [{ state: 'dead', reason: 'cancelled' }] });
  });

  it('is cancelled where it can be while the other partition cannot say, and that is told and audited', async () => {
    const ref = await append(operator.stream, 'd');
    const beside = {
      route: 'beside',
      attempt: 1,
      detail: DETAIL,
      state: 'retrying',
      delayMs: 60_000,
      unsent: 0,
    } as const;
    await settleNext(operator.stream, { state: 'moved', place: 1 }, beside);
    await move();
    await settleNext(there(), { state: 'retrying', delayMs: 60_000, unsent: 0 });
    // What takes long to arrange otherwise: a partition that answers with errors.
    await there().redis.set(there().keys.due, 'not a set');
    expect(await cancel(ref)).toMatchObject({ cancelled: ['beside'], left: [{ route: ROUTE }] });
    expect((await operator.app.inject({ method: 'POST', url: `/v1/events/${ref}/cancel` })).statusCode).toBe(503);
    const { items } = (await operator.app.inject('/v1/audit?limit=1')).json();
    expect(items).toMatchObject([{ action: 'event.cancel', target: ref, count: 1 }]);
  });

  it('is found by that it has moved, and again as what it is there', async () => {
    const ref = await appendMoving('c');
    await move();
    const search = async (query: string) =>
      (await operator.app.inject(`/v1/events?id=c&${query}`)).json<{ items: { ref: string }[] }>().items;
    expect((await search('state=moved')).map((item) => item.ref)).toEqual([ref]);
    expect(new Set((await search('limit=10')).map((item) => item.ref[0]))).toEqual(new Set(['0', '1']));
  });
});
