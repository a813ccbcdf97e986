import type { Partitions } from '@millrace/stream-client';
import type { Samples } from './samples.js';

/** Partitions that are shown one by one: those with the most to do. */
const MOST_SHOWN = 32;

/** How many partitions there are, and how those with the largest backlogs stand. */
export function describePartitions({ map }: Partitions, samples: Samples) {
  const busiest = samples.each.toSorted((a, b) => b.sample.backlog - a.sample.backlog).slice(0, MOST_SHOWN);
  return {
    count: map.active.partitions,
    epoch: map.active.epoch,
    busiest: busiest.map(({ partition, sample }) => ({
      partition: Number(partition),
      backlog: sample.backlog,
      lag: sample.lag ?? null,
      pending: sample.pending,
      retrying: sample.retrying,
      deadLetters: sample.deadLetters,
      oldestPendingAgeMs: Math.round(sample.oldestPendingAgeMs),
    })),
  };
}
