import { type Lease, type Partitions, partitionIn, releaseLeases, renewLeases } from '@millrace/stream-client';
import type { LeaseToken } from '../held-entries.js';

/** The partitions that a consumer works on. */
export type WorkedPartitions = Pick<Partitions, 'home' | 'all' | 'ofRef'> &
  Partial<Pick<Partitions, 'earlierFor' | 'earlierAt' | 'atPlace' | 'isAdded'>>;

/**
 * Leases by their partitions. With none where the consumer is to show that it is alive, whatever it holds: in the home partition, and in
 * those that are named besides.
 */
export function leasesToRenew(
  { home }: WorkedPartitions,
  leases: readonly Lease[],
  besides: Iterable<string>,
): ReadonlyMap<string, readonly Lease[]> {
  const groups = byPartition(leases);
  for (const partition of [home.keys.partition, ...besides]) if (!groups.has(partition)) groups.set(partition, []);
  return groups;
}

/** Renews leases of one partition, and shows there that the consumer is alive. Resolves with those that others have now. */
export async function renewIn(
  partitions: WorkedPartitions,
  partition: string,
  consumer: string,
  leases: readonly Lease[],
): Promise<readonly Lease[]> {
  const ids = new Set(await renewLeases(streamOf(partitions, partition), consumer, leases));
  return ids.size === 0 ? [] : leases.filter(({ entryId }) => ids.has(entryId));
}

/** Gives entries back to the groups of their partitions. Resolves with how many were still held. */
export async function releaseAll(
  partitions: WorkedPartitions,
  consumer: string,
  leases: readonly LeaseToken[],
  idleMs: number,
): Promise<number> {
  const released = await Promise.all(
    Array.from(byPartition(leases), ([partition, own]) =>
      releaseLeases(streamOf(partitions, partition), consumer, own, idleMs),
    ),
  );
  return released.reduce((sum, count) => sum + count, 0);
}

function byPartition<L extends LeaseToken>(leases: readonly L[]): Map<string, L[]> {
  const groups = new Map<string, L[]>();
  for (const lease of leases) {
    const partition = partitionIn(lease.ref);
    const own = groups.get(partition);
    if (own === undefined) groups.set(partition, [lease]);
    else own.push(lease);
  }
  return groups;
}

function streamOf(partitions: WorkedPartitions, partition: string) {
  return partitions.ofRef(`${partition}-`) ?? partitions.home;
}
