import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  actInJob,
  createGroup,
  discardDeadLetter,
  endJob,
  findNewestDeath,
  getJob,
  holdJob,
  noteWaiting,
  type Position,
  type Stream,
  scanDeadLetters,
  startJob,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer, TcpProxy, waitUntil } from '@millrace/testing';
import { Redis } from 'ioredis';
import { aDeadLetter } from '../a-dead-letter.js';
import { openTestStream } from '../open-test-stream.js';

const NOT_DURABLE = { code: 'STREAM_NOT_DURABLE' };
const SCAN = { maxFound: 100, maxScanned: 100 };

let primary: RedisServer;
let replica: RedisServer;
let address: TcpProxy;
let stream: Stream;

beforeAll(async () => {
  primary = await startRedisServer(['--repl-diskless-sync-delay', '0']);
  replica = await startRedisServer(['--replicaof', '127.0.0.1', String(primary.port)]);
  address = await TcpProxy.open(primary.port);
  stream = await openTestStream(`redis://127.0.0.1:${address.port}`, { durability: 'replicated' });
  await waitUntil(() => stream.isReady(), 'the replica is connected');
  await untilItHasAFile(replica);
  await createGroup(stream);
});

afterAll(async () => {
  await stream.close();
  await address.close();
  await replica.stop();
  await primary.stop();
});

/** A replica writes its file anew after its first copy of the data; killed before that, it would come back with nothing. */
async function untilItHasAFile(server: RedisServer): Promise<void> {
  const redis = new Redis(server.url);
  const isWritten = async () => {
    const info = await redis.info('persistence');
    return /aof_enabled:1/.test(info) && /aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/.test(info);
  };
  await waitUntil(isWritten, 'the replica has a file');
  redis.disconnect();
}

async function startHeld(kind: 'redrive' | 'purge'): Promise<{ id: string; kind: 'redrive' | 'purge' }> {
  const newest = await findNewestDeath(stream);
  const started = await startJob(stream, { kind, filter: {}, rate: 50, newest, matched: 3 });
  if (started.kind !== 'started') throw new Error(`job ${started.jobId} is running`);
  expect(await holdJob(stream, started.job.id, 'one')).toBe('held');
  return started.job;
}

async function letters(): Promise<readonly Position[]> {
  return (await scanDeadLetters(stream, {}, SCAN)).found;
}

/** The replica loses what it had not read, the primary is gone, and the replica is the primary. */
async function failOver(): Promise<void> {
  await replica.kill();
  await primary.kill();
  await replica.restart([]);
  address.pointTo(replica.port);
  address.reset();
  // A primary alone confirms nothing; so the old one follows it, with nothing of its own.
  await primary.restart(['--repl-diskless-sync-delay', '0', '--replicaof', '127.0.0.1', String(replica.port)]);
  await waitUntil(() => stream.isReady(), 'the new primary has its replica');
}

describe('a job with durability replicated', () => {
  it('holds nothing and cancels nothing while the replica does not answer, and says what it waits for', async () => {
    await aDeadLetter(stream, 'held-up');
    const job = await startHeld('purge');
    replica.freeze();
    await expect(holdJob(stream, job.id, 'one')).rejects.toMatchObject(NOT_DURABLE);
    await noteWaiting(stream, job.id, 'one', 'STREAM_NOT_DURABLE: 0 of 1 replicas had it');
    expect(await getJob(stream, job.id)).toMatchObject({
      state: 'running',
      waitsFor: expect.stringContaining('0 of 1'),
    });
    const [place] = await letters();
    if (place === undefined) throw new Error('there is no letter');
    await expect(endJob(stream, job.id, { state: 'cancelled' })).rejects.toMatchObject(NOT_DURABLE);
    replica.thaw();
    await waitUntil(() => stream.isReady(), 'the replica is heard again');
    // It was cancelled all the same, and the letter is untouched.
    expect(await actInJob(stream, job, 'one', place)).toBe('stopped');
    expect((await getJob(stream, job.id))?.waitsFor).toBeUndefined();
    expect(await letters()).toEqual([place]);
    await discardDeadLetter(stream, place.member.replace(' ', '.'));
  });

  it('does not call done what the replica has not, and does it once after the primary was lost with it', async () => {
    const appended = await stream.redis.xlen(stream.keys.events);
    for (const id of ['a', 'b', 'c']) await aDeadLetter(stream, id);
    const places = await letters();
    const job = await startHeld('redrive');
    const [first, second] = places as [Position, Position];
    expect(await actInJob(stream, job, 'one', first)).toBe('acted');
    replica.freeze();
    await expect(actInJob(stream, job, 'one', second)).rejects.toMatchObject(NOT_DURABLE);
    // The primary has it; nothing else has.
    expect(await getJob(stream, job.id)).toMatchObject({ acted: 2 });
    await failOver();

    expect(await getJob(stream, job.id)).toMatchObject({ state: 'running', acted: 1 });
    expect(await letters()).toEqual(places.slice(1));
    expect(await holdJob(stream, job.id, 'one')).toBe('held');
    for (const place of places.slice(1)) expect(await actInJob(stream, job, 'one', place)).toBe('acted');
    expect(await actInJob(stream, job, 'one', second)).toBe('gone');
    expect(await endJob(stream, job.id, { state: 'done', runner: 'one' })).toBe('ended');
    expect(await getJob(stream, job.id)).toMatchObject({ state: 'done', acted: 3 });
    expect(await letters()).toEqual([]);
    // Acknowledged entries stay until they are trimmed: three were appended, and each redrive appends one.
    expect(await stream.redis.xlen(stream.keys.events)).toBe(appended + 6);
  });
});
