import type { Redis } from 'ioredis';
import { PLAIN_GROUP, PLAIN_STREAM } from '../load/plain-stream.ts';

/** Waits for new entries of the plain stream, as every page about consumer groups does it. */
export async function readEntries(redis: Redis, count: number): Promise<[id: string, fields: string[]][]> {
  const group = ['GROUP', PLAIN_GROUP, 'consumer'] as const;
  const reply = (await redis.xreadgroup(...group, 'COUNT', count, 'BLOCK', 2_000, 'STREAMS', PLAIN_STREAM, '>')) as
    | [string, [string, string[]][]][]
    | null;
  return reply?.[0]?.[1] ?? [];
}
