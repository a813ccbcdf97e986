import type { Redis } from 'ioredis';
import { startRedis } from '../processes/redis-level.ts';
import { keepOnOneCore } from './cores.ts';
import { median } from './median.ts';
import { coldAfter } from './redis/cold-after.ts';
import type { RedisCosts } from './redis/costs.ts';
import { costsAfterRest, pidOf, RedisMeter } from './redis-meter.ts';

const SYNCS = 500;

/**
 * What it costs and takes to get a write onto the disk, told from the same write to a Redis that leaves that for later; how
 * long it takes by the clock, and so by what else the machine does.
 */
export async function fitSync(
  unsynced: { readonly redis: Redis; readonly meter: RedisMeter },
  cold: RedisCosts['coldAfter'],
): Promise<RedisCosts['sync']> {
  const synced = await startRedis('fsync');
  const meter = new RedisMeter(await pidOf(synced.redis));
  try {
    await keepOnOneCore(meter.pid);
    await meter.rest();
    const [late, now] = [await look(unsynced), await look({ redis: synced.redis, meter })];
    const [lateRested = 0, nowRested = 0] = await costsAfterRest([late, now]);
    const takes = Math.max(0, now.takes - late.takes);
    const afterRest = Math.max(0, nowRested - lateRested);
    // One right after the other, each finds a Redis that has slept until the disk was done.
    const share = Math.min(MOST_SHARE, coldAfter((takes - afterRest) / 1_000, cold));
    const afterSync = now.work - late.work - share * (lateRested - late.work);
    const more = Math.max(0, Math.min(afterRest, (afterRest - afterSync) / (1 - share)));
    return { base: afterRest - more, cold: more, takes };
  } finally {
    await synced.stop();
  }
}

/** As cold as that, it says nothing about how much dearer the cold makes it. */
const MOST_SHARE = 0.9;

async function look({ redis, meter }: { readonly redis: Redis; readonly meter: RedisMeter }) {
  const times: number[] = [];
  const run = () => redis.set('key', 'value');
  const work = await meter.cost(SYNCS, async () => {
    const begunAt = performance.now();
    await run();
    times.push(1_000 * (performance.now() - begunAt));
  });
  return { meter, run, work, takes: median(times) };
}
