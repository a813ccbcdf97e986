import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@millrace/runtime';
import { endJob, findRunningJob, getJob, holdJob, type Stream, startJob } from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { JobRunner } from '../src/job-runner.js';
import { Redaction } from '../src/redaction/redaction.js';
import { makeDeadLetter, openTestOperator, ROUTE } from './open-test-operator.js';

const PARTITIONS = 40;
const URL = '/v1/dead-letters/redrives';

type TestOperator = Awaited<ReturnType<typeof openTestOperator>>;
let server: RedisServer;
let tests = 0;
const operators: TestOperator[] = [];
let operator: TestOperator;
let all: readonly Stream[];
let home: Stream;
let second: Stream;
let last: Stream;

beforeAll(async () => {
  server = await startRedisServer();
});

afterAll(() => server.stop());

async function openOperator(): Promise<TestOperator> {
  const opened = await openTestOperator(server.url, {}, { partitions: PARTITIONS, namespace: `test-${tests}` });
  operators.push(opened);
  return opened;
}

beforeEach(async () => {
  tests += 1;
  operator = await openOperator();
  ({ all, home } = operator.partitions);
  [second, last] = [all[1], all.at(-1)] as [Stream, Stream];
});

afterEach(async () => {
  for (const one of operators.splice(0)) await one.close();
});

const post = () => operator.app.inject({ method: 'POST', url: URL, payload: { filter: {}, rate: 1_000 } });
const get = async (job: string) => (await operator.app.inject(`${URL}/${job}`)).json();

async function untilEnded(job: string) {
  return waitUntil(async () => {
    const now = await get(job);
    return now.state !== 'running' && now;
  }, 'the job has ended');
}

/** What somebody leaves who dies while starting a job: a part that no job at home is of. */
async function leaveBehind(stream: Stream, id: string, agoMs: number): Promise<void> {
  const order = { kind: 'redrive', filter: {}, rate: 1, newest: 0, matched: 3 } as const;
  expect((await startJob(stream, order, id)).kind).toBe('started');
  await stream.redis.hincrby(stream.keys.job(id), 'startedAt', -agoMs);
}

/** Puts letters of another route into the index, which are there for nothing but their number. */
async function addOthers({ redis, keys }: Stream, count: number): Promise<void> {
  const script = `for n = 1, 5000 do redis.call('ZADD', KEYS[1], n, ARGV[1] .. '-' .. n .. ' other') end`;
  for (let part = 1; part <= count / 5_000; part++) await redis.eval(script, 1, keys.dead, `${keys.partition}-${part}`);
}

/** The stream, but whoever asks which job runs in it is told 400 ms later, by the clock of the job at home. */
function asSlow(stream: Stream, job: string, onAsked: () => Promise<void>): Stream {
  const get = async (key: string) => {
    await home.redis.hincrby(home.keys.job(job), 'beatAt', -400);
    await onAsked();
    return stream.redis.get(key);
  };
  const redis = new Proxy(stream.redis, { get: (target, name) => (name === 'get' ? get : Reflect.get(target, name)) });
  return { ...stream, redis };
}

describe('a job over dead letters of several partitions', () => {
  it('is there only where it has letters, and at home', async () => {
    await makeDeadLetter(second, 'one');
    const { job, matched } = (await post()).json();
    expect(matched).toBe(1);
    expect(await untilEnded(job)).toMatchObject({ state: 'done', redriven: 1 });
    const parts = await Promise.all(all.map((stream) => getJob(stream, job)));
    const where = all.filter((_stream, at) => parts[at] !== undefined);
    expect(where.map(({ keys }) => keys.partition)).toEqual(['0', '1']);
  });

  it('is taken back everywhere when its start fails on its way, and the next one starts', async () => {
    await makeDeadLetter(second, 'one');
    await makeDeadLetter(last, 'two');
    // The script fails after its first writes, as it would where Redis refuses one of them.
    await home.redis.set(home.keys.jobs, 'not a list');
    expect((await post()).statusCode).toBeGreaterThanOrEqual(500);
    const running = await Promise.all(all.map(findRunningJob));
    expect(running.filter((job) => job !== undefined)).toEqual([]);
    await home.redis.del(home.keys.jobs);
    const { job } = (await post()).json();
    expect(await untilEnded(job)).toMatchObject({ state: 'done', redriven: 2 });
  });

  it('starts although somebody died who was starting another, but not while that may still come', async () => {
    await makeDeadLetter(last, 'one');
    await leaveBehind(last, 'starting', 50_000);
    expect((await post()).json()).toMatchObject({ code: 'JOB_RUNNING', job: 'starting' });
    await last.redis.hincrby(last.keys.job('starting'), 'startedAt', -11_000);
    const { job } = (await post()).json();
    expect(await untilEnded(job)).toMatchObject({ state: 'done', redriven: 1 });
    expect(await get('starting')).toMatchObject({ state: 'cancelled', redriven: 0 });
  });

  it('starts although somebody died who was cancelling another', async () => {
    await makeDeadLetter(last, 'one');
    await leaveBehind(last, 'cancelling', 0);
    await leaveBehind(home, 'cancelling', 0);
    await endJob(home, 'cancelling', { state: 'cancelled' });
    expect(await untilEnded((await post()).json().job)).toMatchObject({ state: 'done', redriven: 1 });
    expect(await getJob(last, 'cancelling')).toMatchObject({ state: 'cancelled' });
  });

  it('can be seen and cancelled by what there is of it, where it never came home', async () => {
    await makeDeadLetter(last, 'one');
    await leaveBehind(last, 'starting', 0);
    expect(await get('starting')).toMatchObject({ job: 'starting', state: 'running', matched: 3 });
    const cancel = () => operator.app.inject({ method: 'DELETE', url: `${URL}/starting` });
    expect((await cancel()).json()).toMatchObject({ state: 'cancelled' });
    expect((await cancel()).json()).toMatchObject({ code: 'JOB_FINISHED' });
    expect(await untilEnded((await post()).json().job)).toMatchObject({ state: 'done', redriven: 1 });
  });

  it('leaves what dies later, by the clock of its own partition, however far ahead another is', async () => {
    await operator.jobs.stop();
    const ahead = await makeDeadLetter(last, 'ahead');
    await last.redis.zincrby(last.keys.dead, 600_000, ahead.replace('.', ' '));
    await makeDeadLetter(second, 'one');
    const { job, matched } = (await post()).json();
    expect(matched).toBe(2);
    await makeDeadLetter(second, 'later');
    await openOperator();
    expect(await untilEnded(job)).toMatchObject({ state: 'done', redriven: 2 });
    expect(await second.redis.zcard(second.keys.dead)).toBe(1);
  });

  it('counts as many letters of one partition as of all together', async () => {
    await addOthers(second, 5_000);
    const filter = { route: ROUTE };
    const dryRun = () => operator.app.inject({ method: 'POST', url: URL, payload: { filter, dryRun: true } });
    expect((await dryRun()).json()).toMatchObject({ matched: 0 });
    await addOthers(last, 100_000);
    expect((await dryRun()).json()).toMatchObject({ code: 'FILTER_TOO_WIDE' });
  });

  it('is held while it is looked for in many partitions in which there is nothing of it', async () => {
    await operator.jobs.stop();
    const { job } = (await post()).json();
    let asked = 0;
    const takeovers: string[] = [];
    const onAsked = async () => {
      asked += 1;
      if (asked === PARTITIONS - 1) takeovers.push(await holdJob(home, job, 'second'));
    };
    const slow = all.map((stream) => (stream === home ? home : asSlow(stream, job, onAsked)));
    const runner = new JobRunner({
      partitions: { ...operator.partitions, all: slow },
      audit: async () => undefined,
      logger: createLogger('operator', 'silent'),
      name: 'first',
      redaction: new Redaction([], 'everybody'),
    });
    runner.start();
    expect(await untilEnded(job)).toMatchObject({ state: 'done' });
    await runner.stop();
    expect(takeovers).toEqual(['stopped']);
  });
});
