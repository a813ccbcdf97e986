import { type RedisServer, startRedisServer } from '@millrace/testing';
import { Redis } from 'ioredis';

/** When a write counts as made: in Redis' memory, with the disk following within a second; or on the disk. */
export type Level = 'memory' | 'fsync';
export const LEVELS: readonly Level[] = ['memory', 'fsync'];

/** A Redis for one comparison, shared by its contenders, and a connection to it. */
export interface BenchRedis {
  readonly level: Level;
  readonly url: string;
  readonly redis: Redis;
  stop(): Promise<void>;
}

export async function startRedis(level: Level): Promise<BenchRedis> {
  const server: RedisServer = await startRedisServer(level === 'memory' ? ['--appendfsync', 'everysec'] : []);
  const redis = new Redis(server.url);
  process.once('exit', () => void server.kill());
  return {
    level,
    url: server.url,
    redis,
    stop: async () => {
      redis.disconnect();
      await server.stop();
    },
  };
}
