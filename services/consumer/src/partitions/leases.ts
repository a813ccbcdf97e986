import { type Lease, type Partitions, partitionIn, releaseLeases, renewLeases } from '@millrace/stream-client';
import type { LeaseToken } from '../held-entries.js';

/** The partitions that a consumer works on. */
export type WorkedPartitions = Pick<Partitions, 'home' | 'all' | 'ofRef'> &
  Partial<Pick<Partitions, 'earlierFor' | 'atPlace'>>;

/** What a round of renewals found. */
export interface Renewal {
  /** Leases that others have now. Of partitions that could not be asked it is not known. */
  readonly lost: readonly Lease[];
  /** By partition; those that are missing were not asked. */
  readonly answers: ReadonlyMap<string, { readonly error?: unknown }>;
}

/**
 * Renews leases, each in its partition, and shows in the home partition, and in those that are named besides, that the
 * consumer is alive, whatever it holds. One that cannot be asked keeps none of the others from it.
 */
export async function renewAll(
  partitions: WorkedPartitions,
  consumer: string,
  leases: readonly Lease[],
  besides: Iterable<string> = [],
): Promise<Renewal> {
  const groups = byPartition(leases);
  for (const partition of [partitions.home.keys.partition, ...besides])
    if (!groups.has(partition)) groups.set(partition, []);
  const lost: Lease[] = [];
  const answers = new Map<string, { readonly error?: unknown }>();
  await Promise.all(
    Array.from(groups, async ([partition, own]) => {
      try {
        const ids = new Set(await renewLeases(streamOf(partitions, partition), consumer, own));
        if (ids.size > 0) lost.push(...own.filter(({ entryId }) => ids.has(entryId)));
        answers.set(partition, {});
      } catch (error) {
        answers.set(partition, { error });
      }
    }),
  );
  return { lost, answers };
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
