import type { EventRecord, RecordWatch } from '@millrace/stream-client';

/** How records are read and followed: the part of the stream client that the endpoints need. */
export interface RecordReader {
  /** The record, or undefined for a ref that never was or whose record has expired. Throws `StreamError`. */
  read(ref: string): Promise<EventRecord | undefined>;
  /** The record as the JSON text that callers get, the event's data byte for byte in it. */
  render(record: EventRecord): string;
  readonly nextChange: RecordWatch['nextChange'];
}

/** Whether nothing more will happen to the event by itself; a dead one may still be redriven by somebody. */
export function isFinal(record: EventRecord): boolean {
  return record.state === 'done' || record.state === 'dead' || record.state === 'expired';
}

/** The refs under which something of an event changes: its own, and those of deliveries that went on in other partitions. */
export function refsOf({ ref, deliveries }: EventRecord): readonly string[] {
  return [ref, ...deliveries.flatMap(({ movedTo }) => movedTo ?? [])];
}
