import { type RedisServer, startRedisServer } from '@millrace/testing';
import { startClusterRedis } from './cluster-redis.ts';

/** A Redis for a system, and the settings by which services find it. */
export interface TestRedis {
  readonly server: RedisServer;
  readonly env: Readonly<Record<string, string>>;
}

/** Silence after which a node is taken for dead, in ms. Tests freeze their Redis for less. */
const NODE_TIMEOUT_MS = 15_000;

/** In how many partitions tests work there that do not care: some on each of the primaries. */
const PARTITIONS_ON_CLUSTER = 4;

/** Whether tests that do not care are run on a Redis Cluster. */
export const isOnCluster = process.env.MILLRACE_TEST_REDIS === 'cluster';

/**
 * Starts what a system runs on whose test asks for nothing special: one Redis, with `appendfsync always`; or, with
 * `MILLRACE_TEST_REDIS=cluster`, a cluster of three primaries with a replica each, at `replicated` and with four
 * partitions. A system's own settings win.
 */
export async function startTestRedis(): Promise<TestRedis> {
  if (!isOnCluster) {
    const server = await startRedisServer();
    return { server, env: { REDIS_URL: server.url } };
  }
  const { server, env } = await startClusterRedis(NODE_TIMEOUT_MS);
  const settings = { MILLRACE_DURABILITY: 'replicated', MILLRACE_PARTITIONS: `${PARTITIONS_ON_CLUSTER}` };
  return { server, env: { REDIS_URL: server.url, ...settings, ...env } };
}
