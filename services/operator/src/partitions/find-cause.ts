import { cameFrom, REPLAY_ATTRIBUTE } from '@millrace/events';
import {
  type EventRecord,
  findEvent,
  type Partitions,
  readRecord,
  type Stream,
  searchEvents,
} from '@millrace/stream-client';
import { ofEach } from './in-turn.js';

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
 * The event that this one says it was caused by, if it is still known: the one of which it is a replay, the one that
 * emitted it, or another of its own sender; of a delivery that has moved, the event that it is of. What emits, and is in the
 * same partition, is looked for there for a bounded time; the others are found at once. Throws STREAM_UNAVAILABLE.
 */
export async function findCause(partitions: Partitions, { ref, event }: EventRecord): Promise<Cause | undefined> {
  const id = event?.attributes.causationid;
  if (event === undefined) return undefined;
  const elsewhere = await readNamed(partitions, cameFrom(event));
  if (elsewhere?.event !== undefined) return { ref: elsewhere.ref, type: elsewhere.event.type, replayed: false };
  if (typeof id !== 'string') return undefined;
  const first = await readNamed(partitions, event.attributes[REPLAY_ATTRIBUTE]);
  // Whoever sends an event may write the attribute: the first is believed by its id as well.
  if (first?.event?.id === id) return { ref: first.ref, type: first.event.type, replayed: true };
  const own = partitions.ofRef(ref) ?? partitions.home;
  // A sender may name another event of its own; a follow-up has a source of its own.
  const ofSender = async (stream: Stream) => {
    const found = await findEvent(stream, { source: event.source, id }, {});
    return found === undefined || found.ref === ref ? undefined : causeOf(found);
  };
  const others = partitions.all.filter((stream) => stream !== own);
  return (
    (await ofSender(own)) ??
    (await findEmitter(own, ref, id)) ??
    (await ofEach(others, ofSender)).find((cause) => cause !== undefined)
  );
}

async function readNamed(partitions: Partitions, ref: unknown): Promise<EventRecord | undefined> {
  const stream = typeof ref === 'string' ? partitions.ofRef(ref) : undefined;
  return stream === undefined ? undefined : readRecord(stream, String(ref));
}

async function findEmitter(stream: Stream, ref: string, id: string): Promise<Cause | undefined> {
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
