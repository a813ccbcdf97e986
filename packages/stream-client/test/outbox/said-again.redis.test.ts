import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createAppender, createGroup, lookAtEarlierLane, type Stream } from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { arriveAt } from '../../src/outbox/arrive.js';
import { EarlierIdentities } from '../../src/outbox/earlier-identities.js';
import { anEvent, openTestStream } from '../open-test-stream.js';

let server: RedisServer;
let stream: Stream;

beforeAll(async () => {
  server = await startRedisServer();
  stream = await openTestStream(server.url);
});

afterAll(async () => {
  await stream.close();
  await server.stop();
});

beforeEach(async () => {
  await stream.redis.flushall();
  await createGroup(stream);
});

/** How many writes Redis has to pass on to its disk and its replicas for it. */
async function writesOf(work: () => Promise<unknown>): Promise<number> {
  const before = await readWrites();
  await work();
  return (await readWrites()) - before;
}

async function readWrites(): Promise<number> {
  return Number(/^rdb_changes_since_last_save:(\d+)/m.exec(await stream.redis.info('persistence'))?.[1]);
}

/** Redis waits for the last write of whoever asks it to: an answer without one would be confirmed before what it tells of. */
describe('an answer that tells what somebody else may have written a moment ago is a write of its own', () => {
  it('when a repeat is a duplicate', async () => {
    const appender = createAppender(stream, { maxBacklog: 100, deadlineMs: 60_000 });
    await appender.append(anEvent('a'));
    const repeating = async () => expect(await appender.append(anEvent('a'))).toMatchObject({ kind: 'duplicate' });
    expect(await writesOf(repeating)).toBe(1);
  });

  it('when what comes out of an outbox has arrived before', async () => {
    const text = Buffer.from('j 2\n{"specversion":"1.0","id":"x","source":"s","type":"t"}{}');
    const departures = [{ identity: 'of-x', contentHash: 'hash', text }];
    const refs = await arriveAt(stream, 1, departures);
    const arriving = async () => expect(await arriveAt(stream, 1, departures)).toEqual(refs);
    expect(await writesOf(arriving)).toBe(1);
  });

  it('when an event is known in the partition that it belonged to before', async () => {
    const identities = new EarlierIdentities();
    await arriveAt(stream, 1, [{ identity: 'of-y', contentHash: 'hash', text: Buffer.from('n 0\n{}') }]);
    const finding = async () =>
      expect(await identities.find(stream, 'of-y', 'hash')).toMatchObject({ kind: 'duplicate' });
    expect(await writesOf(finding)).toBe(1);
    expect(await writesOf(() => identities.find(stream, 'of-z', 'hash'))).toBe(0);
  });

  it('when a key has left nothing behind', async () => {
    const appender = createAppender(stream, { maxBacklog: 100, deadlineMs: 60_000 });
    await appender.append(anEvent('a'));
    const [entry] = await stream.redis.xrange(stream.keys.events, '-', '+');
    await stream.redis.xgroup('SETID', stream.keys.events, 'consumers', entry?.[0] ?? '$');
    await stream.writes.run('fence', [stream.keys.events, stream.keys.counters], [2]);
    const look = () => lookAtEarlierLane(stream, { lane: 'a lane', epoch: 2 });
    const asking = async () => expect(await look()).toEqual({ kind: 'over' });
    expect(await writesOf(asking)).toBe(1);
  });
});
