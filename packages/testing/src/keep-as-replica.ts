import type { Redis } from 'ioredis';

/**
 * Keeps what a Redis has at this moment, and hands out how to go back to it: to those who are connected, a replica has then taken
 * its place that had heard of nothing since.
 */
export async function keepAsReplica(redis: Redis): Promise<() => Promise<void>> {
  const names = await redis.keys('*');
  const kept = await Promise.all(
    names.map(async (name) => ({ name, ttl: await redis.pttl(name), dump: await redis.dumpBuffer(name) })),
  );
  return async () => {
    await redis.flushall();
    await Promise.all(kept.map(({ name, ttl, dump }) => redis.restore(name, Math.max(0, ttl), dump ?? '')));
  };
}
