import type { Redis } from 'ioredis';
import type { Figures } from '../suite/comparison.ts';
import { type BenchProcess, cpuMicrosOf } from './bench-process.ts';

/** What a piece of work cost, per event: time on a core in the contender and in Redis, and commands that Redis ran. */
export async function withCosts(
  processes: readonly BenchProcess[],
  redis: Redis | undefined,
  work: () => Promise<{ readonly events: number; readonly figures: Figures }>,
): Promise<Figures> {
  const before = await takeStock(processes, redis);
  const { events, figures } = await work();
  const after = await takeStock(processes, redis);
  const costs = Object.entries(after).map(([name, value]) => [`${name}/event`, (value - (before[name] ?? 0)) / events]);
  return { ...figures, ...Object.fromEntries(costs) };
}

async function takeStock(
  processes: readonly BenchProcess[],
  redis: Redis | undefined,
): Promise<Record<string, number>> {
  const stock: Record<string, number> = {};
  const cpu = processes.map(({ pid }) => cpuMicrosOf(pid));
  if (cpu.every((micros) => micros !== undefined)) stock['CPU µs'] = cpu.reduce((sum, micros) => sum + micros, 0);
  if (redis === undefined) return stock;
  const info = await redis.info('everything');
  const pid = Number(/^process_id:(\d+)/m.exec(info)?.[1]);
  stock['Redis µs'] = cpuMicrosOf(pid) ?? Number.NaN;
  // Those inside scripts included.
  stock['Redis commands'] = Number(/^total_commands_processed:(\d+)/m.exec(info)?.[1]);
  return stock;
}
