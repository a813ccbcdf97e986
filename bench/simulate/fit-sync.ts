import { startRedis } from '../processes/redis-level.ts';
import type { RedisCosts } from './redis/costs.ts';
import { RedisMeter } from './redis-meter.ts';

const SYNCS = 500;

/** What a turn that writes costs and takes beyond one that does not; by the clock, and so by what else the machine does. */
export async function fitSync(): Promise<RedisCosts['sync']> {
  const synced = await startRedis('fsync');
  const meter = new RedisMeter(Number(/^process_id:(\d+)/m.exec(await synced.redis.info('server'))?.[1]));
  await meter.rest();
  const look = async (run: () => Promise<unknown>) => {
    const times: number[] = [];
    const work = await meter.cost(SYNCS, async () => {
      const begunAt = performance.now();
      await run();
      times.push(1_000 * (performance.now() - begunAt));
    });
    const takes = times.sort((a, b) => a - b)[SYNCS / 2] as number;
    return { work, rested: await meter.costAfterRest(run), takes };
  };
  try {
    const [write, read] = [await look(() => synced.redis.set('key', 'value')), await look(() => synced.redis.ping())];
    const base = Math.max(0, write.work - read.work);
    const cold = Math.max(0, write.rested - read.rested - base);
    return { base, cold, takes: Math.max(0, write.takes - read.takes) };
  } finally {
    await synced.stop();
  }
}
