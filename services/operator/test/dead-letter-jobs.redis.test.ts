import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createGroup, findRunningJob, holdJob } from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import {
  giveUpNext,
  makeDeadLetter,
  makeUndecodableDeadLetter,
  openTestOperator,
  ROUTE,
} from './open-test-operator.js';

type TestOperator = Awaited<ReturnType<typeof openTestOperator>>;

let redis: RedisServer;
let operator: TestOperator;
const others = new Set<TestOperator>();

beforeAll(async () => {
  redis = await startRedisServer();
});

afterAll(() => redis.stop());

beforeEach(async () => {
  operator = await openTestOperator(redis.url);
  await operator.stream.redis.flushall();
  await createGroup(operator.stream);
});

afterEach(async () => {
  for (const one of [operator, ...others]) await one.close();
  others.clear();
});

async function openOther(): Promise<TestOperator> {
  const other = await openTestOperator(redis.url);
  others.add(other);
  return other;
}

const REDRIVES = '/v1/dead-letters/redrives';
const PURGES = '/v1/dead-letters/purges';
const get = (url: string) => operator.app.inject(url);
const post = (url: string, payload: object) => operator.app.inject({ method: 'POST', url, payload });
const cancel = (url: string) => operator.app.inject({ method: 'DELETE', url });
const deadIds = async () => ((await get('/v1/dead-letters')).json().items as { id: string }[]).map(({ id }) => id);

async function makeDeadLetters(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push(await makeDeadLetter(operator.stream, `event-${n}`));
  return ids;
}

/** Starts a job and resolves with its address. */
async function start(path: string, order: object): Promise<string> {
  const answer = await post(path, order);
  expect(answer.json()).toMatchObject({ state: 'running' });
  expect(answer.statusCode).toBe(202);
  return String(answer.headers.location);
}

async function untilEnded(url: string) {
  return waitUntil(async () => {
    const job = (await get(url)).json();
    return job.state !== 'running' && job;
  }, 'the job has ended');
}

describe.each([
  ['redrives', REDRIVES],
  ['purges', PURGES],
])('POST /v1/dead-letters/%s', (_name, path) => {
  it('counts on a dry run what the filter accepts, and does no more', async () => {
    const ids = await makeDeadLetters(3);
    expect((await post(path, { filter: { route: ROUTE }, dryRun: true })).json()).toEqual({
      dryRun: true,
      filter: { route: ROUTE },
      matched: 3,
    });
    expect((await post(path, { filter: { route: 'other' }, dryRun: true })).json()).toMatchObject({ matched: 0 });
    expect(await deadIds()).toEqual(ids.reverse());
    expect((await get(path)).json()).toEqual({ items: [] });
    expect((await get('/v1/audit')).json()).toEqual({ items: [] });
  });

  it.each([
    {},
    { filter: { reson: 'refused' } },
    { filter: { route: '' } },
    { filter: { since: 'yesterday' } },
    { filter: {}, rate: 0 },
    { filter: {}, rate: 1_001 },
    { filter: {}, rate: '5' },
    { filter: {}, dryrun: true },
    { filters: {} },
  ])('refuses what it does not understand, and touches nothing: %j', async (order) => {
    const ids = await makeDeadLetters(1);
    expect((await post(path, { expect: 1, ...order })).json()).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    expect(await deadIds()).toEqual(ids);
    expect((await get(path)).json()).toEqual({ items: [] });
  });

  it('refuses a filter that would be too costly to count', async () => {
    const { redis: client, keys } = operator.stream;
    const addMany = `for n = 1, 5000 do redis.call('ZADD', KEYS[1], 5, '0-' .. ARGV[1] .. '-' .. n .. ' other') end`;
    for (let part = 1; part <= 20; part += 1) await client.eval(addMany, 1, keys.dead, part);
    await client.zadd(keys.dead, 5, '0-21-1 other');
    const order = { filter: { route: 'other' }, dryRun: true };
    expect((await post(path, order)).json()).toMatchObject({ status: 422, code: 'FILTER_TOO_WIDE' });
    expect((await post(path, { filter: {}, dryRun: true })).json()).toMatchObject({ matched: 100_001 });
  });
});

describe('a redrive job', () => {
  it('redrives what its filter accepts and shows how far it has come', async () => {
    const [first = '', ...rest] = await makeDeadLetters(5);
    const undecodable = await makeUndecodableDeadLetter(operator.stream);
    const filter = { until: (await get(`/v1/dead-letters/${rest[0]}`)).json().deadAt };
    const onlyFirst = await untilEnded(await start(REDRIVES, { filter }));
    expect(onlyFirst).toMatchObject({ state: 'done', filter, rate: 50, matched: 1, redriven: 1, skipped: 0 });
    expect((await get(`/v1/events/${first.split('.')[0]}`)).json()).toMatchObject({ state: 'open' });
    expect(await deadIds()).toEqual([undecodable, ...rest.reverse()]);

    const all = await untilEnded(await start(REDRIVES, { filter: {}, rate: 500 }));
    expect(all).toMatchObject({ state: 'done', matched: 5, redriven: 4, skipped: 1, finishedAt: expect.any(String) });
    expect(await deadIds()).toEqual([undecodable]);
    expect((await get(REDRIVES)).json().items).toEqual([all, onlyFirst]);
    const actions = () => get('/v1/audit').then((audit) => audit.json().items);
    await waitUntil(async () => (await actions()).length === 4, 'the ends are in the audit list');
    expect(await actions()).toMatchObject([
      { action: 'redrives.done', target: all.job, count: 4 },
      { action: 'redrives.start', target: '{}', count: 5 },
      { action: 'redrives.done', target: onlyFirst.job, count: 1 },
      { action: 'redrives.start', target: JSON.stringify({ until: filter.until }), count: 1, from: '127.0.0.1' },
    ]);
  });

  it('leaves what dies after it was started, a letter that it has redriven included', async () => {
    const ids = await makeDeadLetters(3);
    const url = await start(REDRIVES, { filter: {}, rate: 2 });
    await waitUntil(async () => (await get(url)).json().redriven >= 1, 'one letter is redriven');
    const again = await giveUpNext(operator.stream, ROUTE);
    const later = await makeDeadLetter(operator.stream, 'later');
    expect(await untilEnded(url)).toMatchObject({ state: 'done', matched: 3, redriven: 3, skipped: 0 });
    expect(again).toBe(ids.at(-1));
    expect(await deadIds()).toEqual([later, again]);
  });

  it('runs alone', async () => {
    const ids = await makeDeadLetters(20);
    const url = await start(REDRIVES, { filter: {}, rate: 1 });
    const job = url.slice(url.lastIndexOf('/') + 1);
    expect((await post(REDRIVES, { filter: {} })).json()).toMatchObject({ status: 409, code: 'JOB_RUNNING', job });
    const expected = (await post(PURGES, { filter: {}, dryRun: true })).json().matched;
    expect((await post(PURGES, { filter: {}, expect: expected })).json()).toMatchObject({ status: 409 });
    expect((await cancel(url)).json()).toMatchObject({ state: 'cancelled' });
    expect((await deadIds()).length).toBeLessThanOrEqual(ids.length);
  });

  it('stops at once when it is cancelled, and keeps what it has done', async () => {
    await makeDeadLetters(20);
    const url = await start(REDRIVES, { filter: {}, rate: 1 });
    await waitUntil(async () => (await get(url)).json().redriven >= 1, 'one letter is redriven');
    const cancelled = (await cancel(url)).json();
    expect(cancelled).toMatchObject({ state: 'cancelled', matched: 20, finishedAt: expect.any(String) });
    expect(await deadIds()).toHaveLength(20 - cancelled.redriven);
    expect((await cancel(url)).json()).toMatchObject({ status: 409, code: 'JOB_FINISHED' });
    expect((await untilEnded(await start(REDRIVES, { filter: {} }))).redriven).toBe(20 - cancelled.redriven);
    expect((await get(url)).json()).toEqual(cancelled);
  });

  it('goes on in another operator when its own has died, from where that one was, with the set of its start', async () => {
    const [first, second, passed = ''] = await makeDeadLetters(3);
    const { stream } = operator;
    await operator.jobs.stop();
    const url = await start(REDRIVES, { filter: {}, rate: 500 });
    const job = await findRunningJob(stream);
    if (job === undefined) throw new Error('no job is running');
    // A runner that came past one letter and was never heard of again.
    expect(await holdJob(stream, job.id, 'dead', { member: passed.replace('.', ' '), deadAt: job.newest })).toBe(
      'held',
    );
    const later = await makeDeadLetter(stream, 'later');
    await openOther();
    expect((await get(url)).json()).toMatchObject({ state: 'running', redriven: 0 });
    await stream.redis.hincrby(stream.keys.job(job.id), 'beatAt', -15_000);
    expect(await untilEnded(url)).toMatchObject({ state: 'done', redriven: 2 });
    expect(await deadIds()).toEqual([later, passed]);
    for (const id of [first, second]) expect((await get(`/v1/dead-letters/${id}`)).statusCode).toBe(404);
  });

  it('leaves what died between its start and its first step', async () => {
    await makeDeadLetters(2);
    await operator.jobs.stop();
    const url = await start(REDRIVES, { filter: {}, rate: 500 });
    const later = await makeDeadLetter(operator.stream, 'later');
    await openOther();
    expect(await untilEnded(url)).toMatchObject({ state: 'done', matched: 2, redriven: 2 });
    expect(await deadIds()).toEqual([later]);
  });

  it('is handed on when its operator stops', async () => {
    await makeDeadLetters(8);
    const first = await openOther();
    await operator.jobs.stop();
    const started = await first.app.inject({ method: 'POST', url: REDRIVES, payload: { filter: {}, rate: 2 } });
    const url = String(started.headers.location);
    await waitUntil(async () => (await get(url)).json().redriven >= 1, 'one letter is redriven');
    await first.close();
    const job = await findRunningJob(operator.stream);
    expect(job).toMatchObject({ state: 'running' });
    expect(await operator.stream.redis.hget(operator.stream.keys.job(job?.id ?? ''), 'beatAt')).toBe('0');
    await openOther();
    expect(await untilEnded(url)).toMatchObject({ state: 'done', redriven: 8 });
  });

  it('fails, says why and makes room for another, where a record makes no sense', async () => {
    const [broken = ''] = await makeDeadLetters(2);
    const record = operator.stream.keys.record(broken.slice(0, broken.indexOf('.')));
    await operator.stream.redis.hset(record, `detail:${ROUTE}`, '{');
    const job = await untilEnded(await start(REDRIVES, { filter: {}, rate: 1 }));
    expect(job).toMatchObject({ state: 'failed', redriven: 1, error: expect.stringMatching(/^UNEXPECTED: .*JSON/) });
    await start(REDRIVES, { filter: {} });
  });

  it('waits while Redis is gone, and then counts no letter twice', async () => {
    await makeDeadLetters(6);
    const url = await start(REDRIVES, { filter: {}, rate: 4 });
    await waitUntil(async () => (await get(url)).json().redriven >= 1, 'one letter is redriven');
    await redis.kill();
    expect((await get(url)).statusCode).toBe(503);
    await redis.restart();
    await waitUntil(async () => (await get(url)).statusCode === 200, 'Redis is back');
    expect(await untilEnded(url)).toMatchObject({ state: 'done', matched: 6, redriven: 6, skipped: 0 });
    expect(await deadIds()).toEqual([]);
  });
});

describe('a purge job', () => {
  it('gives up exactly the letters that were counted, and none without the count', async () => {
    const ids = await makeDeadLetters(3);
    expect((await post(PURGES, { filter: {} })).json()).toMatchObject({
      status: 400,
      errors: [{ pointer: '/expect' }],
    });
    for (const expected of [0, 2, 4]) {
      const answer = (await post(PURGES, { filter: {}, expect: expected })).json();
      expect(answer).toMatchObject({ status: 409, code: 'COUNT_CHANGED', matched: 3 });
    }
    expect(await deadIds()).toHaveLength(3);
    const url = await start(PURGES, { filter: {}, expect: 3, rate: 2 });
    const later = await makeDeadLetter(operator.stream, 'later');
    expect(await untilEnded(url)).toMatchObject({ state: 'done', matched: 3, discarded: 3, skipped: 0, rate: 2 });
    expect(await deadIds()).toEqual([later]);
    for (const id of ids) {
      expect((await get(`/v1/events/${id.split('.')[0]}`)).json()).toMatchObject({ state: 'dead' });
    }
  });

  it('is not found among the redrives', async () => {
    const url = await start(PURGES, { filter: {}, expect: 0 });
    await untilEnded(url);
    expect((await get(url.replace('purges', 'redrives'))).json()).toMatchObject({ status: 404, code: 'JOB_NOT_FOUND' });
    expect((await get(REDRIVES)).json()).toEqual({ items: [] });
    expect((await get(`${PURGES}/nonsense`)).json()).toMatchObject({ status: 404, code: 'JOB_NOT_FOUND' });
  });

  it('takes no count for a redrive', async () => {
    expect((await post(REDRIVES, { filter: {}, expect: 0 })).json()).toMatchObject({ status: 400 });
  });
});
