import type { Gauge } from 'prom-client';
import type { Logger } from './logger.js';

/**
 * Says how many partitions there are, and that the process was told of another number if it was: what is written in Redis
 * counts, since one key would be in two places otherwise.
 */
export function reportMap(
  map: { readonly active: { readonly partitions: number; readonly epoch: number } },
  configured: number,
  logger: Logger,
  gauge: Pick<Gauge<'by'>, 'set'>,
): void {
  const { partitions, epoch } = map.active;
  gauge.set({ by: 'map' }, partitions);
  gauge.set({ by: 'setting' }, configured);
  if (partitions === configured) return;
  const said = 'MILLRACE_PARTITIONS is not what the deployment has; the number that is written in Redis counts';
  logger.warn({ partitions, configured, epoch }, said);
}
