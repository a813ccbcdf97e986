import { hash } from 'node:crypto';
import type { Event } from '@millrace/events';

/**
 * Where a key belongs, however many partitions there are: modulo their number it is the partition. Events with this key as
 * their `partitionkey` belong there too.
 */
export function placeOfKey(key: string): number {
  return digestOf(`k${key}`);
}

/** Where an event belongs: by its `partitionkey`, or where it has none by its `source` and `id`. */
export function placeOf(event: Pick<Event, 'source' | 'id' | 'attributes'>): number {
  const { partitionkey: key = '' } = event.attributes;
  return digestOf(key === '' ? `i${event.source.length}:${event.source}${event.id}` : `k${key}`);
}

/**
 * The number of the partition that an event belongs to, of so many: by its `partitionkey`, or where it has none by its
 * `source` and `id`. It never changes: the tests hold it to written values, since events would be looked for elsewhere
 * than they are, and keys would lose their order, if it did.
 */
export function partitionOf(event: Pick<Event, 'source' | 'id' | 'attributes'>, partitions: number): number {
  return partitions === 1 ? 0 : placeOf(event) % partitions;
}

function digestOf(text: string): number {
  return hash('sha256', text, 'buffer').readUInt32BE(0);
}
