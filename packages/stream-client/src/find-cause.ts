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
}

/**
 * The event that this one says it was caused by, if it is still known: the one that emitted it, or of which it is a
 * replay. Looks back for a bounded time; resolves with undefined where it finds nothing. Throws STREAM_UNAVAILABLE.
 */
export async function findCause(stream: Stream, { ref, event }: EventRecord): Promise<Cause | undefined> {
  const id = event?.attributes.causationid;
  if (event === undefined || typeof id !== 'string') return undefined;
  // A replay keeps the source of what it replays; a follow-up has one of its own.
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
  return { ref, type: String(attributes.type) };
}
