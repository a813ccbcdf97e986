import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { closeConnection, openConnection } from '../../src/connection/connection.js';

let server: RedisServer;

beforeAll(async () => {
  server = await startRedisServer();
});

afterAll(() => server.stop());

function open() {
  const settings = {
    clusterNodes: [],
    sentinels: [],
    sentinelPassword: undefined,
    tlsCa: undefined,
    clientName: 'test',
  };
  return openConnection({ ...settings, redisUrl: server.url, connectTimeoutMs: 5_000 }, 'commands');
}

describe('openConnection', () => {
  it('is begun anew when the library gives it up, as it does on a failover in the middle of a reconnect', async () => {
    const redis = await open();
    // What is left behind by that: a client that has ended, and that nobody has closed.
    redis.disconnect();
    await waitUntil(() => redis.status === 'end', 'the library has given it up');
    await waitUntil(() => redis.status === 'ready', 'it is there again');
    expect(await redis.ping()).toBe('PONG');
    closeConnection(redis);
  });
});

describe('closeConnection', () => {
  it('is for good', async () => {
    const redis = await open();
    closeConnection(redis);
    await waitUntil(() => redis.status === 'end', 'it has ended');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(redis.status).toBe('end');
  });
});
