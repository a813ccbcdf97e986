import { describe, expect, it } from '@jest/globals';
import {
  actInJob,
  type DeadLetterJob,
  endJob,
  findNewestDeath,
  findRunningJob,
  getDeadLetter,
  getJob,
  giveBackJob,
  holdJob,
  type JobKind,
  listJobs,
  type Position,
  readRecord,
  redriveDeadLetter,
  sampleStream,
  scanDeadLetters,
  startJob,
} from '@millrace/stream-client';
import { aDeadLetter, anUndecodableDeadLetter, giveUpNext } from '../a-dead-letter.js';
import { setStage, stream } from '../stage.js';

setStage();

const refOf = (id: string) => id.slice(0, id.indexOf('.'));

async function start(kind: JobKind = 'redrive'): Promise<DeadLetterJob> {
  const newest = await findNewestDeath(stream);
  const order = { kind, filter: { since: new Date(0), text: 'é' }, rate: 50, newest, matched: 1 };
  const started = await startJob(stream, order);
  if (started.kind !== 'started') throw new Error(`job ${started.jobId} is running`);
  return started.job;
}

async function startHeld(kind: JobKind = 'redrive'): Promise<DeadLetterJob> {
  const job = await start(kind);
  expect(await holdJob(stream, job.id, 'one')).toBe('held');
  return job;
}

async function placeOf(id: string): Promise<Position> {
  const letter = await getDeadLetter(stream, id);
  return { member: id.replace('.', ' '), deadAt: letter?.deadAt.getTime() ?? 0 };
}

/** Makes the runner's last sign of life older than it is. */
async function age(job: DeadLetterJob, ms: number): Promise<void> {
  await stream.redis.hincrby(stream.keys.job(job.id), 'beatAt', -ms);
}

describe('startJob', () => {
  it('starts one job at a time', async () => {
    const job = await start();
    expect(await findRunningJob(stream)).toEqual(job);
    expect(await startJob(stream, { kind: 'purge', filter: {}, rate: 1, newest: 1, matched: 0 })).toEqual({
      kind: 'busy',
      jobId: job.id,
    });
    await endJob(stream, job.id, { state: 'cancelled' });
    expect(await findRunningJob(stream)).toBeUndefined();
    const next = await start('purge');
    expect((await listJobs(stream)).map(({ id }) => id)).toEqual([next.id, job.id]);
  });

  it('keeps the filter with its times, and the latest 100 jobs in the list', async () => {
    let job = await start();
    expect(job).toMatchObject({ state: 'running', filter: { since: new Date(0), text: 'é' }, acted: 0, skipped: 0 });
    for (let n = 0; n < 100; n += 1) {
      await endJob(stream, job.id, { state: 'cancelled' });
      job = await start();
    }
    expect(await stream.redis.zcard(stream.keys.jobs)).toBe(100);
  });
});

describe('holdJob', () => {
  it('lets one runner hold a job, and another take it over when that one is silent or has given it back', async () => {
    const job = await startHeld();
    expect(await holdJob(stream, job.id, 'two')).toBe('stopped');
    await age(job, 15_000);
    expect(await holdJob(stream, job.id, 'two')).toBe('held');
    expect(await holdJob(stream, job.id, 'one')).toBe('stopped');
    await giveBackJob(stream, job.id, 'two');
    expect(await holdJob(stream, job.id, 'one')).toBe('held');
  });

  it('keeps how far the job has come', async () => {
    const job = await startHeld();
    const after = { member: '0-1-1 a route', deadAt: 7 };
    await holdJob(stream, job.id, 'one', after);
    await holdJob(stream, job.id, 'one');
    expect((await getJob(stream, job.id))?.after).toEqual(after);
  });

  it('refuses a job that has ended', async () => {
    const job = await startHeld();
    await endJob(stream, job.id, { state: 'cancelled' });
    expect(await holdJob(stream, job.id, 'one')).toBe('stopped');
    expect(await holdJob(stream, 'never-was', 'one')).toBe('stopped');
  });
});

describe('actInJob', () => {
  it('redrives a letter and counts it, in one step', async () => {
    const id = await aDeadLetter(stream, 'a');
    const job = await startHeld();
    expect(await actInJob(stream, job, 'one', await placeOf(id))).toBe('acted');
    expect(await readRecord(stream, refOf(id))).toMatchObject({ state: 'open', deliveries: [{ state: 'waiting' }] });
    expect(await sampleStream(stream)).toMatchObject({ deadLetters: 0, backlog: 1 });
    expect(await getJob(stream, job.id)).toMatchObject({ acted: 1, skipped: 0 });
  });

  it('does not redrive a letter again that dies again, not even when the clock was set back', async () => {
    const id = await aDeadLetter(stream, 'a');
    const place = await placeOf(id);
    const job = await startHeld();
    await actInJob(stream, job, 'one', place);
    await giveUpNext(stream);
    // What died later is not in the set.
    const scan = { maxFound: 10, maxScanned: 10, newest: job.newest };
    expect((await scanDeadLetters(stream, {}, scan)).found).toEqual([]);
    expect(await actInJob(stream, job, 'one', place)).toBe('gone');
    await stream.redis.zadd(stream.keys.dead, place.deadAt, place.member);
    expect(await actInJob(stream, job, 'one', place)).toBe('seen');
    expect(await getDeadLetter(stream, id)).toBeDefined();
    await endJob(stream, job.id, { state: 'cancelled' });
    // It is this job alone that has had its turn.
    expect(await actInJob(stream, await startHeld(), 'one', place)).toBe('acted');
  });

  it('leaves a letter that was redriven by somebody else and died again', async () => {
    const id = await aDeadLetter(stream, 'a');
    const place = await placeOf(id);
    const job = await startHeld();
    await redriveDeadLetter(stream, id);
    await giveUpNext(stream);
    expect(await actInJob(stream, job, 'one', place)).toBe('gone');
    expect(await getDeadLetter(stream, id)).toBeDefined();
    expect(await getJob(stream, job.id)).toMatchObject({ acted: 0, skipped: 0 });
  });

  it('skips a letter that cannot be redriven, and counts it one time', async () => {
    const id = await anUndecodableDeadLetter(stream);
    const place = await placeOf(id);
    const job = await startHeld();
    expect(await actInJob(stream, job, 'one', place)).toBe('skipped');
    expect(await actInJob(stream, job, 'one', place)).toBe('seen');
    expect(await getJob(stream, job.id)).toMatchObject({ acted: 0, skipped: 1 });
  });

  it('gives a letter up in a purge, decodable or not, leaving a dead record that expires', async () => {
    const ids = [await aDeadLetter(stream, 'a'), await anUndecodableDeadLetter(stream)];
    const job = await startHeld('purge');
    for (const id of ids) expect(await actInJob(stream, job, 'one', await placeOf(id))).toBe('acted');
    for (const id of ids) {
      expect((await readRecord(stream, refOf(id)))?.state).toBe('dead');
      expect(await stream.redis.pttl(stream.keys.record(refOf(id)))).toBeGreaterThan(0);
    }
    expect(await getJob(stream, job.id)).toMatchObject({ acted: 2, skipped: 0 });
    expect((await sampleStream(stream)).deadLetters).toBe(0);
  });

  it('changes nothing for a runner that does not hold the job, nor once the job is cancelled', async () => {
    const id = await aDeadLetter(stream, 'a');
    const place = await placeOf(id);
    for (const kind of ['redrive', 'purge'] as const) {
      const job = await startHeld(kind);
      expect(await actInJob(stream, job, 'two', place)).toBe('stopped');
      await endJob(stream, job.id, { state: 'cancelled' });
      expect(await actInJob(stream, job, 'one', place)).toBe('stopped');
    }
    expect(await getDeadLetter(stream, id)).toBeDefined();
  });
});

describe('endJob', () => {
  it('ends a job one time, for its runner alone unless it is cancelled, and gives it a lifetime', async () => {
    const job = await startHeld();
    expect(await stream.redis.pttl(stream.keys.job(job.id))).toBe(-1);
    expect(await endJob(stream, job.id, { state: 'done', runner: 'two' })).toBe('not-running');
    expect(await endJob(stream, job.id, { state: 'failed', runner: 'one', error: 'E: why' })).toBe('ended');
    expect(await endJob(stream, job.id, { state: 'cancelled' })).toBe('not-running');
    expect(await getJob(stream, job.id)).toMatchObject({
      state: 'failed',
      error: 'E: why',
      finishedAt: expect.any(Date),
    });
    expect(await stream.redis.pttl(stream.keys.job(job.id))).toBeGreaterThan(0);
  });
});
