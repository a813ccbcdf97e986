import { type RedisServer, startRedisServer } from '@millrace/testing';
import { startClusterRedis } from './cluster-redis.ts';

/** A Redis for a system, and the settings by which services find it. */
export interface TestRedis {
  readonly server: RedisServer;
  readonly env: Readonly<Record<string, string>>;
}

/** Silence after which a node is taken for dead, in ms. Tests freeze their Redis for less. */
const NODE_TIMEOUT_MS = 15_000;

/** Whether tests that do not care are run on a Redis Cluster. */
export const isOnCluster = process.env.MILLRACE_TEST_REDIS === 'cluster';

/**
 * Starts what a system runs on whose test asks for nothing special: one Redis, with `appendfsync always`; or, with
 * `MILLRACE_TEST_REDIS=cluster`, a cluster of three primaries with a replica each, at `replicated`.
 */
export async function startTestRedis(): Promise<TestRedis> {
  if (!isOnCluster) {
    const server = await startRedisServer();
    return { server, env: { REDIS_URL: server.url } };
  }
  const { server, env } = await startClusterRedis(NODE_TIMEOUT_MS);
  return { server, env: { REDIS_URL: server.url, MILLRACE_DURABILITY: 'replicated', ...env } };
}
