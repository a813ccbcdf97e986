import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStream } from '@millrace/stream-client';
import { USERS, type User } from './redis-users.js';
import { type RedisWithUsers, startRedisWithUsers } from './redis-with-users.js';

const FOREIGN = 'shop:{0}:events';

let server: RedisWithUsers;

beforeAll(async () => {
  server = await startRedisWithUsers();
  await server.admin.xadd(FOREIGN, '*', 'whose', 'not ours');
});

afterAll(() => server.stop());

describe('a Redis with users', () => {
  it('lets nobody in without a user, and a service names a wrong password without repeating it', async () => {
    const open = (credentials: string) =>
      openStream({ redisUrl: `redis://${credentials}127.0.0.1:${server.port}`, connectTimeoutMs: 1_000 });
    const refusal = (word: RegExp) => ({ code: 'STREAM_UNAVAILABLE', message: expect.stringMatching(word) });
    await expect(open('')).rejects.toMatchObject(refusal(/NOAUTH/));
    const refused: unknown = await open('producer:sesame@').catch((error: unknown) => error);
    expect(refused).toMatchObject(refusal(/WRONGPASS/));
    expect(inspect(refused, { depth: 10 })).not.toContain('sesame');
  });

  it('is refused by a service when it keeps no append-only file, although CONFIG cannot be asked', async () => {
    const { admin } = server;
    const redisUrl = await server.urlOf('producer');
    await admin.config('SET', 'appendonly', 'no');
    try {
      await expect(openStream({ redisUrl })).rejects.toMatchObject({ code: 'STREAM_UNSUITABLE' });
    } finally {
      await admin.config('SET', 'appendonly', 'yes');
    }
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
    'HDEL millrace:{0}:counters seq',
    'ZREM millrace:{0}:dead x',
    'DEL millrace:{0}:events',
    'PEXPIRE millrace:{0}:events 1',
    'CLIENT UNBLOCK 1',
  ],
  consumer: ['ZCOUNT millrace:{0}:dead -inf +inf', 'DEL millrace:{0}:events'],
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
    await expect(server.streams[user].redis.call(name, ...args)).rejects.toThrow(/^NOPERM/);
  });

  it.each(forbidden)('may not have a script %s', async (command) => {
    const script = 'return redis.call(unpack(ARGV))';
    await expect(server.streams[user].redis.eval(script, 0, ...command.split(' '))).rejects.toThrow(REFUSAL);
  });
});

describe('what they were refused', () => {
  it('has changed nothing', async () => {
    expect(await server.admin.xlen(FOREIGN)).toBe(1);
    expect(await server.admin.config('GET', 'appendfsync')).toEqual(['appendfsync', 'always']);
    expect(await server.admin.exists('millrace:{0}:events')).toBe(1);
  });
});
