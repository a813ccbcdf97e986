// The floor of consuming with ioredis: read 256, acknowledge 256, and nothing in between.
import { Redis } from 'ioredis';
import { PLAIN_GROUP, PLAIN_STREAM } from '../load/plain-stream.ts';
import { readEntries } from './read-entries.ts';
import { announceReady } from './ready.ts';

const redis = new Redis(process.env.REDIS_URL ?? '');
announceReady();
for (;;) {
  const entries = await readEntries(redis, 256);
  if (entries.length > 0) await redis.xack(PLAIN_STREAM, PLAIN_GROUP, ...entries.map(([id]) => id));
}
