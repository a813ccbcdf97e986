import { hash } from 'node:crypto';
import type { Event } from '@millrace/events';

/**
 * The number of the partition that an event belongs to, of so many: by its `partitionkey`, or where it has none by its
 * `source` and `id`. It never changes: the tests hold it to written values, since events would be looked for elsewhere
 * than they are, and keys would lose their order, if it did.
 */
export function partitionOf(event: Pick<Event, 'source' | 'id' | 'attributes'>, partitions: number): number {
  if (partitions === 1) return 0;
  const { partitionkey: key = '' } = event.attributes;
  const text = key === '' ? `i${event.source.length}:${event.source}${event.id}` : `k${key}`;
  return hash('sha256', text, 'buffer').readUInt32BE(0) % partitions;
}
