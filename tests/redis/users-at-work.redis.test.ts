import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  actInJob,
  cancelEvent,
  claimIdle,
  countDeadLetters,
  createAppender,
  createEffectRecorder,
  createRecordWatch,
  createSettler,
  discardDeadLetter,
  type Entry,
  endJob,
  FIRST_CURSOR,
  findNewestDeath,
  forgetConsumer,
  forgetIdleConsumers,
  getDeadLetter,
  holdJob,
  listActs,
  listDeadLetters,
  listJobs,
  type Outcome,
  openBlockingSource,
  openClock,
  promoteDue,
  readRecord,
  recordAct,
  redriveDeadLetter,
  releaseLeases,
  renewLeases,
  resolveDeadLetter,
  sampleStream,
  scanDeadLetters,
  startJob,
  trimSettled,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { type RedisWithUsers, startRedisWithUsers } from './redis-with-users.js';

const CONSUMER = 'c1';

let server: RedisWithUsers;
/** What a test opens and may leave open when it fails. Closing twice is fine. */
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await startRedisWithUsers();
});

afterAll(async () => {
  for (const one of opened) await one.close();
  await server.stop();
});

function anEvent(id: string, attributes: Record<string, string> = {}) {
  const own = { id, source: '/test', type: 'com.test.happened' };
  const data = { kind: 'json' as const, bytes: Buffer.from('{"total":5}') };
  return { ...own, attributes: { specversion: '1.0', ...own, ...attributes }, data };
}

function createTestAppender() {
  return createAppender(server.streams.producer, { maxBacklog: 1_000, deadlineMs: 60_000 });
}

async function append(id: string, attributes?: Record<string, string>): Promise<string> {
  const result = await createTestAppender().append(anEvent(id, attributes));
  if (result.kind !== 'accepted') throw new Error(`event ${id} was ${result.kind}`);
  return result.ref;
}

/** The next entry; waits for it. */
async function readOne(): Promise<Entry> {
  const source = await openBlockingSource(server.streams.consumer, CONSUMER, 100);
  opened.push(source);
  const read = async () => (await source.read(1)).find((entry) => entry.kind === 'entry');
  const entry = await waitUntil(read, 'an entry is read');
  await source.close();
  return entry;
}

function settle(entry: Entry, outcome: Pick<Outcome, 'state' | 'attempt'> & Partial<Outcome>) {
  const detail = { version: 'v1', effects: [] };
  const outcomes = [{ route: 'r1', detail, ...outcome }];
  return createSettler(server.streams.consumer, CONSUMER).settle({ entry, routes: ['r1'], outcomes });
}

/** Appends an event and gives its one delivery up. */
async function kill(id: string): Promise<string> {
  const ref = await append(id);
  await settle(await readOne(), { state: 'dead', attempt: 1 });
  return ref;
}

describe('the user of the producer', () => {
  it('appends an event, reads its record, and is told when it changes', async () => {
    const { producer } = server.streams;
    const watch = createRecordWatch({ home: producer, ofRef: () => producer });
    opened.push(watch);
    const ref = await append('watched');
    const changed = watch.nextChange([ref], AbortSignal.timeout(120_000));
    await waitUntil(async () => {
      const [, count] = (await server.admin.call('PUBSUB', 'SHARDNUMSUB', producer.keys.changes)) as [string, number];
      return count === 1;
    }, 'the producer is subscribed');
    expect(await readRecord(producer, ref)).toMatchObject({ state: 'open', event: { id: 'watched' } });
    expect(await settle(await readOne(), { state: 'done', attempt: 1 })).toBe('settled');
    await changed;
    expect(await readRecord(producer, ref)).toMatchObject({ state: 'done' });
  });

  it('is told of a repeat and of a conflict', async () => {
    const ref = await append('repeated');
    expect(await createTestAppender().append(anEvent('repeated'))).toEqual({ kind: 'duplicate', ref });
    expect(await createTestAppender().append(anEvent('repeated'), 'another-hash')).toEqual({ kind: 'conflict', ref });
    await settle(await readOne(), { state: 'done', attempt: 1 });
  });
});

describe('the user of the consumer', () => {
  it('carries an event that was put off through a retry to its follow-up', async () => {
    const { consumer } = server.streams;
    const deliverat = new Date(Date.now() + 200).toISOString();
    const ref = await append('put-off', { deliverat });
    await waitUntil(async () => (await promoteDue(consumer, 10)) === 1, 'its time has come');
    expect(await settle(await readOne(), { state: 'retrying', attempt: 1, delayMs: 0 })).toBe('settled');
    await waitUntil(async () => (await promoteDue(consumer, 10)) === 1, 'the retry is due');
    const followUps = [anEvent('follow-up')];
    expect(await settle(await readOne(), { state: 'done', attempt: 2, followUps })).toBe('settled');
    expect(await readRecord(consumer, ref)).toMatchObject({ state: 'done', deliveries: [{ attempts: 2 }] });
    const emitted = await readOne();
    expect(emitted.event.id).toBe('follow-up');
    await settle(emitted, { state: 'done', attempt: 1 });
  });

  it('holds, notes, gives back, claims and tidies', async () => {
    const { consumer } = server.streams;
    const ref = await append('held');
    const entry = await readOne();
    const { id: entryId, deliveryCount } = entry;
    const effect = { entry, route: 'r1', step: '0', isStart: true, value: '{}' };
    expect(await createEffectRecorder(consumer, CONSUMER).record(effect)).toBe('recorded');
    const lease = { entryId, deliveryCount, ref, running: [{ route: 'r1', attempt: 1 }] };
    expect(await renewLeases(consumer, CONSUMER, [lease])).toEqual([]);
    expect(await releaseLeases(consumer, CONSUMER, [lease], 60_000)).toBe(1);
    const sweep = { minIdleMs: 60_000, cursor: FIRST_CURSOR, maxCount: 10 };
    const { entries } = await claimIdle(consumer, CONSUMER, sweep);
    expect(entries.map(({ id }) => id)).toEqual([entryId]);
    expect(await settle(entries[0] as Entry, { state: 'done', attempt: 1 })).toBe('settled');

    expect((await openClock(consumer)).now()).toBeGreaterThan(0);
    // Few entries are within one node of the stream, and stay: what counts is that trimming was allowed.
    expect(await trimSettled(consumer, { maxAgeMs: 0, maxBytes: 1 })).toBeGreaterThanOrEqual(0);
    expect(await forgetIdleConsumers(consumer, 0)).toEqual([CONSUMER]);
    expect(await forgetConsumer(consumer, CONSUMER, 0)).toBe(false);
  });

  it('ends a read that waits', async () => {
    const source = await openBlockingSource(server.streams.consumer, CONSUMER, 5_000);
    opened.push(source);
    const reading = source.read(1);
    await waitUntil(async () => /flags=b/.test(String(await server.admin.client('LIST'))), 'a client is blocked');
    await source.wake();
    expect(await reading).toEqual([]);
  });
});

describe('the user of the operator', () => {
  it('redrives, resolves and discards a dead letter, and cancels an event that was put off', async () => {
    const { operator } = server.streams;
    const ref = await kill('dead');
    const page = await listDeadLetters(operator, { limit: 10 });
    expect(page?.items.map(({ id }) => id)).toEqual([`${ref}.r1`]);
    expect(await redriveDeadLetter(operator, `${ref}.r1`)).toBe('redriven');
    await settle(await readOne(), { state: 'dead', attempt: 2 });
    expect(await resolveDeadLetter(operator, `${ref}.r1`, { result: 'seen to' })).toMatchObject({ ref });
    expect(await discardDeadLetter(operator, `${await kill('useless')}.r1`)).toBe('discarded');
    expect(await getDeadLetter(operator, `${ref}.r1`)).toBeUndefined();
    const putOff = await append('put-off-for-long', { deliverat: new Date(Date.now() + 3_600_000).toISOString() });
    expect(await cancelEvent(operator, putOff)).toEqual({ cancelled: ['*'], left: [] });
    expect(await sampleStream(operator)).toMatchObject({ backlog: 0, pending: 0, retrying: 0, deadLetters: 0 });
  });

  it.each(['redrive', 'purge'] as const)('runs a job that does %s, and keeps a list of acts', async (kind) => {
    const { operator } = server.streams;
    await kill(`for-${kind}`);
    const newest = await findNewestDeath(operator);
    expect(await countDeadLetters(operator, {}, newest, 10)).toEqual({ kind: 'counted', count: 1 });
    const start = await startJob(operator, { kind, filter: {}, rate: 10, newest, matched: 1 });
    if (start.kind !== 'started') throw new Error('another job is running');
    const { job } = start;
    expect(await holdJob(operator, job.id, 'runner')).toBe('held');
    const { found } = await scanDeadLetters(operator, {}, { maxFound: 1, maxScanned: 10 });
    expect(await Promise.all(found.map((one) => actInJob(operator, job, 'runner', one)))).toEqual(['acted']);
    expect(await endJob(operator, job.id, { state: 'done', runner: 'runner' })).toBe('ended');
    expect(await listJobs(operator)).toContainEqual(expect.objectContaining({ id: job.id, state: 'done', acted: 1 }));
    await recordAct(operator, { action: `dead-letter.${kind}`, target: '{}', count: 1 });
    expect((await listActs(operator, { limit: 1 }))?.items).toMatchObject([{ action: `dead-letter.${kind}` }]);
    if (kind === 'redrive') await settle(await readOne(), { state: 'done', attempt: 2 });
  });
});
