import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  claimIdle,
  createAppender,
  createEffectStarter,
  createRecordWatch,
  createSettler,
  discardDeadLetter,
  type Entry,
  type EntrySource,
  FIRST_CURSOR,
  forgetConsumer,
  forgetIdleConsumers,
  getDeadLetter,
  listDeadLetters,
  type Outcome,
  openBlockingSource,
  openStream,
  promoteDue,
  readRecord,
  redriveDeadLetter,
  releaseLeases,
  renewLeases,
  type Stream,
  sampleStream,
  trimSettled,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { Redis } from 'ioredis';
import { makeUsers, readPassword, USERS, type User } from './redis-users.js';

const FOREIGN = 'shop:{0}:events';
const CONSUMER = 'c1';

let folder: string;
let server: RedisServer;
let admin: Redis;
const streams = new Map<User, Stream>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-acl-'));
  const file = join(folder, 'users.acl');
  await writeFile(file, 'user default on nopass ~* &* +@all\n');
  server = await startRedisServer(['--aclfile', file, '--enable-debug-command', 'yes']);
  await makeUsers(folder, file, '--create');
  await writeFile(join(folder, 'admin.password'), 'a'.repeat(32));
  await makeUsers(folder, file);
  const first = new Redis(server.url);
  await first.call('ACL', 'LOAD');
  first.disconnect();
  admin = new Redis(await urlOf('admin'));
  await admin.xadd(FOREIGN, '*', 'whose', 'not ours');
  for (const user of USERS) streams.set(user, await openStream({ redisUrl: await urlOf(user) }));
});

afterAll(async () => {
  for (const stream of streams.values()) await stream.close();
  admin.disconnect();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function urlOf(user: string): Promise<string> {
  return `redis://${user}:${await readPassword(folder, user)}@127.0.0.1:${server.port}`;
}

function streamOf(user: User): Stream {
  const stream = streams.get(user);
  if (stream === undefined) throw new Error(`no stream for ${user}`);
  return stream;
}

function anEvent(id: string) {
  const own = { id, source: '/test', type: 'com.test.happened' };
  return {
    ...own,
    attributes: { specversion: '1.0', ...own },
    data: { kind: 'json' as const, bytes: Buffer.from('{"total":5}') },
  };
}

async function append(id: string): Promise<string> {
  const appender = createAppender(streamOf('producer'), { maxBacklog: 1_000, deadlineMs: 5_000 });
  const result = await appender.append(anEvent(id));
  if (result.kind !== 'accepted') throw new Error(`event ${id} was ${result.kind}`);
  return result.ref;
}

async function withSource<T>(use: (source: EntrySource) => Promise<T>): Promise<T> {
  const source = await openBlockingSource(streamOf('consumer'), CONSUMER, 100);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

/** The next entry; waits for it. */
function readOne(): Promise<Entry> {
  return withSource((source) =>
    waitUntil(async () => {
      const [entry] = await source.read(1);
      return entry?.kind === 'entry' ? entry : undefined;
    }, 'an entry is read'),
  );
}

function settle(entry: Entry, outcome: Pick<Outcome, 'state' | 'attempt'> & Partial<Outcome>) {
  const detail = { version: 'v1', effects: [] };
  const outcomes = [{ route: 'r1', detail, ...outcome }];
  return createSettler(streamOf('consumer'), CONSUMER).settle({ entry, routes: ['r1'], outcomes });
}

describe('a Redis with users', () => {
  it('lets nobody in without a user, and names a wrong password without repeating it', async () => {
    const open = (credentials: string) =>
      openStream({ redisUrl: `redis://${credentials}127.0.0.1:${server.port}`, connectTimeoutMs: 1_000 });
    await expect(open('')).rejects.toMatchObject({
      code: 'STREAM_UNAVAILABLE',
      message: expect.stringMatching(/NOAUTH/),
    });
    const refused: unknown = await open('producer:sesame@').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'STREAM_UNAVAILABLE', message: expect.stringMatching(/WRONGPASS/) });
    expect(inspect(refused, { depth: 10 })).not.toContain('sesame');
  });

  it('is refused by a service when it keeps no append-only file, although CONFIG cannot be asked', async () => {
    await admin.config('SET', 'appendonly', 'no');
    try {
      await expect(openStream({ redisUrl: await urlOf('producer') })).rejects.toMatchObject({
        code: 'STREAM_UNSUITABLE',
      });
    } finally {
      await admin.config('SET', 'appendonly', 'yes');
    }
  });
});

describe('the user of the producer', () => {
  it('appends an event, reads its record, and is told when it changes', async () => {
    const producer = streamOf('producer');
    const watch = createRecordWatch(producer);
    const ref = await append('watched');
    const changed = watch.nextChange(ref, AbortSignal.timeout(30_000));
    await waitUntil(async () => {
      const [, subscribers] = (await admin.call('PUBSUB', 'SHARDNUMSUB', producer.keys.changes)) as [string, number];
      return subscribers === 1;
    }, 'the producer is subscribed');
    expect(await readRecord(producer, ref)).toMatchObject({ state: 'open', event: { id: 'watched' } });
    expect(await settle(await readOne(), { state: 'done', attempt: 1 })).toBe('settled');
    await changed;
    expect(await readRecord(producer, ref)).toMatchObject({ state: 'done' });
    await watch.close();
  });

  it('is told of a repeat and of a conflict', async () => {
    const ref = await append('repeated');
    const appender = createAppender(streamOf('producer'), { maxBacklog: 1_000, deadlineMs: 5_000 });
    expect(await appender.append(anEvent('repeated'))).toEqual({ kind: 'duplicate', ref });
    expect(await appender.append(anEvent('repeated'), 'another hash')).toEqual({ kind: 'conflict', ref });
    await settle(await readOne(), { state: 'done', attempt: 1 });
  });
});

describe('the users of consumer and operator', () => {
  it('carry an event through a retry, a dead letter, a redrive and a follow-up', async () => {
    const [consumer, operator] = [streamOf('consumer'), streamOf('operator')];
    const ref = await append('whole');
    expect(await settle(await readOne(), { state: 'retrying', attempt: 1, delayMs: 0 })).toBe('settled');
    await waitUntil(async () => (await promoteDue(consumer, 10)) === 1, 'the retry is due');
    expect(await settle(await readOne(), { state: 'dead', attempt: 2 })).toBe('settled');

    const page = await listDeadLetters(operator, { limit: 10 });
    expect(page?.items.map(({ id }) => id)).toEqual([`${ref}.r1`]);
    expect(await redriveDeadLetter(operator, `${ref}.r1`)).toBe('redriven');
    const followUps = [anEvent('follow-up')];
    expect(await settle(await readOne(), { state: 'done', attempt: 3, followUps })).toBe('settled');
    expect(await readRecord(operator, ref)).toMatchObject({ state: 'done', deliveries: [{ attempts: 3 }] });

    const emitted = await readOne();
    expect(emitted.event.id).toBe('follow-up');
    await settle(emitted, { state: 'dead', attempt: 1 });
    expect(await discardDeadLetter(operator, `${emitted.ref}.r1`)).toBe('discarded');
    expect(await getDeadLetter(operator, `${emitted.ref}.r1`)).toBeUndefined();
    expect(await sampleStream(operator)).toMatchObject({ backlog: 0, pending: 0, retrying: 0, deadLetters: 0 });
  });

  it('hold, note, give back, claim and tidy', async () => {
    const consumer = streamOf('consumer');
    const ref = await append('held');
    const entry = await readOne();
    const { id: entryId, deliveryCount } = entry;
    const effect = { entry, route: 'r1', step: '0', value: '{}' };
    expect(await createEffectStarter(consumer, CONSUMER).begin(effect)).toBe('begun');
    const lease = { entryId, deliveryCount, ref, running: [{ route: 'r1', attempt: 1 }] };
    expect(await renewLeases(consumer, CONSUMER, [lease])).toEqual([]);
    expect(await releaseLeases(consumer, CONSUMER, [lease], 60_000)).toBe(1);
    const sweep = { minIdleMs: 60_000, cursor: FIRST_CURSOR, maxCount: 10 };
    const { entries } = await claimIdle(consumer, CONSUMER, sweep);
    expect(entries.map(({ id }) => id)).toEqual([entryId]);
    expect(await settle(entries[0] as Entry, { state: 'done', attempt: 1 })).toBe('settled');

    // Almost everything is within whole nodes of the stream, and stays: what counts is that it was allowed.
    expect(await trimSettled(consumer, { maxAgeMs: 0, maxBytes: 1 })).toBeGreaterThanOrEqual(0);
    expect(await forgetIdleConsumers(consumer, 0)).toEqual([CONSUMER]);
    expect(await forgetConsumer(consumer, CONSUMER, 0)).toBe(false);
  });

  it('end a read that waits', async () => {
    const source = await openBlockingSource(streamOf('consumer'), CONSUMER, 5_000);
    const reading = source.read(1);
    await waitUntil(async () => /flags=b/.test(String(await admin.client('LIST'))), 'a client is blocked');
    await source.wake();
    expect(await reading).toEqual([]);
    await source.close();
  });
});

/** What none of the three may do, and the administrator may. */
const FORBIDDEN_TO_ALL = [
  'FLUSHALL',
  'FLUSHDB',
  'KEYS *',
  'SCAN 0',
  'RANDOMKEY',
  'SELECT 1',
  'SWAPDB 0 1',
  'SHUTDOWN',
  'CONFIG SET appendfsync no',
  'CONFIG GET *',
  'CONFIG REWRITE',
  'DEBUG SLEEP 0',
  'MONITOR',
  'MODULE LIST',
  'SCRIPT FLUSH',
  'SCRIPT KILL',
  'FUNCTION FLUSH',
  'FCALL f 0',
  'REPLICAOF NO ONE',
  'FAILOVER',
  'BGREWRITEAOF',
  'SAVE',
  'ACL LIST',
  'ACL SETUSER x on',
  'CLIENT LIST',
  'CLIENT KILL x:1',
  'XGROUP DESTROY millrace:{0}:events consumers',
  'XGROUP SETID millrace:{0}:events consumers $',
  'XDEL millrace:{0}:events 0-1',
  'RENAME millrace:{0}:events millrace:x',
  'RESTORE millrace:x 0 x',
  `XRANGE ${FOREIGN} - +`,
  `XADD ${FOREIGN} * a b`,
  `EVAL return 1 ${FOREIGN}`,
  'HGET shop:{0}:counters seq',
  // Beginnings alike are not the same namespace.
  'XADD millrace-2:{0}:events * a b',
  'HGETALL millrace',
  'SUBSCRIBE news',
  'PSUBSCRIBE *',
  'PUBLISH news x',
  'SSUBSCRIBE shop:{0}:changes',
  'SPUBLISH shop:{0}:changes x',
];

/** What one of the others may do. */
const FORBIDDEN: Readonly<Record<User, readonly string[]>> = {
  producer: [
    'XREADGROUP GROUP consumers me STREAMS millrace:{0}:events >',
    'XACK millrace:{0}:events consumers 0-1',
    'XCLAIM millrace:{0}:events consumers me 0 0-1',
    'XAUTOCLAIM millrace:{0}:events consumers me 0 0',
    'XGROUP DELCONSUMER millrace:{0}:events consumers me',
    'XTRIM millrace:{0}:events MAXLEN 0',
    'HSET millrace:{0}:record:0-1-0 open 0',
    'ZREM millrace:{0}:dead x',
    'DEL millrace:{0}:events',
    'PEXPIRE millrace:{0}:events 1',
    'SPUBLISH millrace:{0}:changes x',
    'CLIENT UNBLOCK 1',
  ],
  consumer: ['HDEL millrace:{0}:counters seq', 'DEL millrace:{0}:events', 'SSUBSCRIBE millrace:{0}:changes'],
  operator: [
    'XREADGROUP GROUP consumers me STREAMS millrace:{0}:events >',
    'XACK millrace:{0}:events consumers 0-1',
    'XTRIM millrace:{0}:events MAXLEN 0',
    'XGROUP DELCONSUMER millrace:{0}:events consumers me',
    'CLIENT UNBLOCK 1',
  ],
};

/** Redis' words for it, alone and within a script; some commands no script may send, whoever runs it. */
const REFUSAL =
  /NOPERM|can't (?:run this command|access at least one of|publish to the channel)|not allowed from script/;

describe.each(USERS)('the user %s', (user) => {
  const forbidden = [...FORBIDDEN_TO_ALL, ...FORBIDDEN[user]];

  it.each(forbidden)('may not %s', async (command) => {
    const [name = '', ...args] = command.split(' ');
    await expect(streamOf(user).redis.call(name, ...args)).rejects.toThrow(/^NOPERM/);
  });

  it.each(forbidden)('may not have a script %s', async (command) => {
    const script = 'return redis.call(unpack(ARGV))';
    await expect(streamOf(user).redis.eval(script, 0, ...command.split(' '))).rejects.toThrow(REFUSAL);
  });
});

describe('the Redis behind them', () => {
  it('still has what is not ours', async () => {
    expect(await admin.xlen(FOREIGN)).toBe(1);
    expect(await admin.config('GET', 'appendfsync')).toEqual(['appendfsync', 'always']);
  });
});
