import type { PartitionMap } from '@millrace/stream-client';
import { type Check, checked } from './check.js';

/** A change of their number is a matter of moments; one that takes longer than this, in ms, has come to a stop. */
const MAX_CHANGE_MS = 60_000;

/** What is to be said about the number of partitions, and about a change of it. */
export function checkPartitions({ active, preparing, draining }: PartitionMap, nowMs: number): Check {
  const before = draining.map(({ partitions }) => partitions).join(', ');
  const rest = before === '' ? '' : `; not all is over from when there were ${before}: partitions show`;
  const right = `${active.partitions} partition(s), epoch ${active.epoch}${rest}`;
  if (preparing === undefined || nowMs - preparing.sinceMs < MAX_CHANGE_MS) return checked('partitions', right);
  const since = new Date(preparing.sinceMs).toISOString();
  const found = `a change from ${active.partitions} to ${preparing.partitions} began at ${since} and has not come to its end`;
  const mend = `partitions change ${preparing.partitions}: it goes on where it stopped, and says what holds it up`;
  return checked('partitions', right, { found, mend });
}
