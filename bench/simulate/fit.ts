import { openStream } from '@millrace/stream-client';
import { startRedis } from '../processes/redis-level.ts';
import { keepOnOneCore, leaveOneCore } from './cores.ts';
import { CommandFit } from './fit-commands.ts';
import { fitConsumer } from './fit-consumer.ts';
import { type Footprint, measureFootprint } from './fit-footprint.ts';
import { fitSync } from './fit-sync.ts';
import { medianOf } from './median.ts';
import type { RedisCosts } from './redis/costs.ts';
import { pidOf, RedisMeter } from './redis-meter.ts';
import type { Costs } from './settings.ts';

/**
 * What the commands of a real Redis and the events of a real consumer cost on this machine, by the scheduler's account of
 * time on a core. Elapsed time is looked at for the disk alone. Of several rounds the median of each figure is taken.
 */
export async function fitCosts(rounds = 1): Promise<Costs> {
  const fits: Costs[] = [];
  for (let round = 0; round < rounds; round++) fits.push({ redis: await fitRedis(), consumer: await fitConsumer() });
  return rounded(medianOf(fits));
}

/** What events take besides time. */
export async function fitFootprint(): Promise<Readonly<Record<string, Footprint>>> {
  return { '300 bytes of data': await measureFootprint(300), '1000 bytes of data': await measureFootprint(1_000) };
}

async function fitRedis(): Promise<RedisCosts> {
  const mayReturn = await leaveOneCore();
  const redis = await startRedis('memory');
  const stream = await openStream({ redisUrl: redis.url, durability: 'memory' });
  try {
    const meter = new RedisMeter(await pidOf(redis.redis));
    await keepOnOneCore(meter.pid);
    await meter.rest();
    const commands = await new CommandFit(redis, stream, meter).fit();
    return { ...commands, sync: await fitSync({ redis: redis.redis, meter }, commands.coldAfter) };
  } finally {
    await mayReturn();
    await stream.close();
    await redis.stop();
  }
}

/** To three figures: more is not known. */
function rounded<Values extends object>(values: Values): Values {
  const round = (value: unknown) =>
    typeof value === 'number' ? Number(value.toPrecision(3)) : rounded(value as object);
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, round(value)])) as Values;
}
