import type { Redis } from 'ioredis';
import type { Figures } from '../suite/comparison.ts';
import { type BenchProcess, coreTimeOf } from './bench-process.ts';
import { watchCores } from './busy-cores.ts';
import { untilRewritten } from './redis-level.ts';

/** The figure that says how busy all cores were, from 0 to 1. */
export const BUSY_CORES = 'cores busy';

/**
 * What a piece of work cost, per event: time on a core in the contender, in Redis and in the server that is called, how long those
 * waited for a core together, and commands that Redis ran. And how busy the cores were, with everything that ran on them.
 * Where a second has room for more events than there were and nobody waited for a core, somebody waited for an answer.
 */
export async function withCosts(
  processes: readonly BenchProcess[],
  redis: Redis | undefined,
  work: () => Promise<{ readonly events: number; readonly figures: Figures }>,
  server?: BenchProcess,
): Promise<Figures> {
  if (redis !== undefined) await untilRewritten(redis);
  const before = await takeStock(processes, redis, server);
  const busyCores = watchCores();
  const { events, figures } = await work();
  const busy = busyCores();
  const after = await takeStock(processes, redis, server);
  // The next one shall not have to share the machine with this one.
  if (redis !== undefined) await untilRewritten(redis);
  const costs = Object.entries(after).map(([name, value]) => [`${name}/event`, (value - (before[name] ?? 0)) / events]);
  return { ...figures, ...Object.fromEntries(costs), ...(busy === undefined ? {} : { [BUSY_CORES]: busy }) };
}

async function takeStock(
  processes: readonly BenchProcess[],
  redis: Redis | undefined,
  server: BenchProcess | undefined,
): Promise<Record<string, number>> {
  const info = await redis?.info('everything');
  const redisPid = Number(/^process_id:(\d+)/m.exec(info ?? '')?.[1]);
  const pids = {
    'CPU µs': processes.map(({ pid }) => pid),
    'Redis µs': info === undefined ? [] : [redisPid],
    'server µs': server === undefined ? [] : [server.pid],
  };
  const stock: Record<string, number> = {};
  let waited = 0;
  for (const [name, own] of Object.entries(pids)) {
    const times = own.map(coreTimeOf).filter((time) => time !== undefined);
    if (own.length === 0 || times.length < own.length) continue;
    stock[name] = times.reduce((sum, { used }) => sum + used, 0);
    waited += times.reduce((sum, time) => sum + time.waited, 0);
  }
  if (stock['CPU µs'] !== undefined) stock['waits µs'] = waited;
  // Those inside scripts included.
  if (info !== undefined) stock['Redis commands'] = Number(/^total_commands_processed:(\d+)/m.exec(info)?.[1]);
  return stock;
}
