import type { Redis } from 'ioredis';
import { EventMaker } from './events.ts';

/** The stream and the group of the hand-written loops. */
export const PLAIN_STREAM = 'bench:events';
export const PLAIN_GROUP = 'bench';

export async function createPlainGroup(redis: Redis): Promise<void> {
  await redis.xgroup('CREATE', PLAIN_STREAM, PLAIN_GROUP, '0', 'MKSTREAM');
}

/** Appends so many events with one XADD each, as nobody can do with less. */
export async function fillPlainStream(redis: Redis, count: number, events = new EventMaker()): Promise<void> {
  for (let left = count; left > 0; left -= 4_096) {
    const pipeline = redis.pipeline();
    for (let n = 0; n < Math.min(left, 4_096); n++) pipeline.xadd(PLAIN_STREAM, '*', 'event', events.nextJson());
    await pipeline.exec();
  }
}

/** Entries that nobody has read yet, and those that nobody has acknowledged. */
export async function plainRemaining(redis: Redis): Promise<number> {
  const [group] = (await redis.xinfo('GROUPS', PLAIN_STREAM)) as unknown[][];
  const numberAt = (name: string) => Number(group?.[group.indexOf(name) + 1]);
  return numberAt('pending') + numberAt('lag');
}
