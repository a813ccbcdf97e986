import { type Lease, type Partitions, partitionIn, releaseLeases, renewLeases } from '@millrace/stream-client';
import type { LeaseToken } from '../held-entries.js';

/** The partitions that a consumer works on. */
export type WorkedPartitions = Pick<Partitions, 'home' | 'all' | 'ofRef'>;

/**
 * Renews leases, each in its partition, and shows in the home partition that the consumer is alive, whatever it holds.
 * Resolves with those that were lost. Rejects when one partition could not be asked: then it is not known of any.
 */
export async function renewAll(
  partitions: WorkedPartitions,
  consumer: string,
  leases: readonly Lease[],
): Promise<Lease[]> {
  const groups = byPartition(leases);
  if (!groups.has(partitions.home.keys.partition)) groups.set(partitions.home.keys.partition, []);
  const lost = await Promise.all(
    Array.from(groups, async ([partition, own]) => {
      const ids = new Set(await renewLeases(streamOf(partitions, partition), consumer, own));
      return ids.size === 0 ? [] : own.filter(({ entryId }) => ids.has(entryId));
    }),
  );
  return lost.flat();
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
