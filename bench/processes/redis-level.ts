import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
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

/** When the append-only file is rewritten, as the configuration that we ship has it: it costs all contenders alike. */
const REWRITING = readFileSync(new URL('../../infra/redis/redis.conf', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('auto-aof-rewrite-'))
  .flatMap((line) => `--${line}`.split(' '));

export async function startRedis(level: Level): Promise<BenchRedis> {
  const server: RedisServer = await startRedisServer([
    ...(level === 'memory' ? ['--appendfsync', 'everysec'] : []),
    ...REWRITING,
  ]);
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

const POLL_MS = 20;
const REWRITE_LIMIT_MS = 60_000;

/** Waits until Redis does not rewrite its append-only file any more. */
export async function untilRewritten(redis: Redis): Promise<void> {
  const giveUpAt = performance.now() + REWRITE_LIMIT_MS;
  for (;;) {
    const info = await redis.info('persistence');
    if (!/^aof_rewrite_(in_progress|scheduled):1/m.test(info)) return;
    if (performance.now() > giveUpAt) throw new Error('Redis does not come to the end of rewriting its file');
    await sleep(POLL_MS);
  }
}
