import type { ServiceProcess } from '../system/service-process.ts';
import { readCounter } from './read-counter.ts';

/** The sum of a metric over processes, whatever its labels. */
export async function sumCounters(processes: readonly ServiceProcess[], name: string): Promise<number> {
  const values = await Promise.all(processes.map((process) => readCounter(process, name)));
  return values.reduce((sum, value) => sum + value, 0);
}
