import { REPLAY_ATTRIBUTE } from '@millrace/events';
import { readRecord } from './read-record.js';
import type { EventRecord } from './record.js';
import { findEvent, searchEvents } from './search-events.js';
import type { Stream } from './stream.js';

/** How far back a cause is looked for: it was accepted before, and mostly not long before. */
const BUDGET = { maxFound: 3, maxScanned: 5_000, maxBytes: 8 * 1024 * 1024, maxMs: 300 };

/** The event that another one follows from. */
export interface Cause {
  readonly ref: string;
  readonly type: string;
  /** Whether somebody had it sent again, in place of a route that emitted a follow-up. */
  readonly replayed: boolean;
}

/**
 * The event that this one says it was caused by, if it is still known: the one that emitted it, or of which it is a
 * replay. Looks back for a bounded time; resolves with undefined where it finds nothing. Throws STREAM_UNAVAILABLE.
 */
export async function findCause(stream: Stream, { ref, event }: EventRecord): Promise<Cause | undefined> {
  const id = event?.attributes.causationid;
  if (event === undefined || typeof id !== 'string') return undefined;
  const replayed = event.attributes[REPLAY_ATTRIBUTE];
  if (typeof replayed === 'string') {
    const first = await readRecord(stream, replayed);
    // Whoever sends an event may write the attribute: the first is believed by its id as well.
    if (first?.event?.id === id) return { ref: first.ref, type: first.event.type, replayed: true };
  }
  // A sender may name another event of its own; a follow-up has a source of its own.
  const sameSource = await findEvent(stream, { source: event.source, id }, {});
  if (sameSource !== undefined && sameSource.ref !== ref) return causeOf(sameSource);
  const cursor = ref.slice(ref.indexOf('-') + 1);
  const search = await searchEvents(stream, { id }, BUDGET, { cursor });
  for (const summary of search?.items ?? []) {
    const record = await readRecord(stream, summary.ref);
    if (record?.deliveries.some(({ followUps }) => followUps.includes(ref))) return causeOf(summary);
  }
  return undefined;
}

function causeOf({ ref, attributes }: { readonly ref: string; readonly attributes: Record<string, unknown> }): Cause {
  return { ref, type: String(attributes.type), replayed: false };
}
