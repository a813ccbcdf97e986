import {
  type EventFilter,
  type EventSearch,
  type EventSummary,
  findEvent,
  type Partitions,
  type SearchBudget,
  searchEvents,
} from '@millrace/stream-client';
import { ofEach } from './in-turn.js';
import { mergeParts } from './merge-parts.js';

/** Partitions that are looked through at the same time. */
const AT_ONCE = 16;
/** What a partition is given at least, of a budget that all share. */
const MIN_EACH = { maxFound: 5, maxScanned: 100, maxBytes: 1024 * 1024, maxMs: 100 };

/** A place among the events of all partitions: an entry, by its id and its partition. */
interface Place {
  readonly ms: number;
  readonly number: number;
  readonly partition: number;
  /** Absent of a place that was only looked at. */
  readonly item?: EventSummary;
}

/** As `searchEvents`, over all partitions: the latest first, whichever partition they are in. */
export async function searchAllEvents(
  { all, home }: Partitions,
  filter: EventFilter,
  budget: SearchBudget,
  given: Parameters<typeof searchEvents>[3] = {},
): Promise<Omit<EventSearch, 'entryIds'> | undefined> {
  if (all.length === 1) return searchEvents(home, filter, budget, given);
  const { cursor } = given;
  const after = cursor === undefined ? undefined : parsePlace(cursor);
  if (cursor !== undefined && after === undefined) return undefined;
  const each = divide(budget, all.length);
  const streams = all.map((stream, partition) => ({ stream, partition }));
  const searches = await ofEach(
    streams,
    async ({ stream, partition }) => {
      const options = after === undefined ? given : { ...given, cursor: beginIn(partition, after) };
      return { partition, ...((await searchEvents(stream, filter, each, options)) ?? NOTHING) };
    },
    AT_ONCE,
  );
  const parts = searches.map(({ partition, items, entryIds, next }) => {
    const found = items.map((item, at) => ({ ...placeOf(entryIds[at] ?? '0-0', partition), item }));
    return next === undefined ? { found } : { found, next: placeOf(next, partition) };
  });
  const { places, next } = mergeParts<Place>(parts, comparePlaces, budget.maxFound);
  const items = places.flatMap(({ item }) => (item === undefined ? [] : [item]));
  const scanned = searches.reduce((sum, search) => sum + search.scanned, 0);
  if (next === undefined) return { items, scanned };
  return { items, scanned, next: `${next.ms}-${next.number}-${next.partition}`, scannedTo: new Date(next.ms) };
}

const NOTHING: EventSearch = { items: [], entryIds: [], scanned: 0 };

/** As `findEvent`: at once where the ref says in which partition, else in all at the same time. */
export async function findEventInAny(
  partitions: Partitions,
  name: { readonly ref: string } | { readonly source: string; readonly id: string },
  filter: EventFilter,
  textOf?: Parameters<typeof findEvent>[3],
): Promise<EventSummary | undefined> {
  if (!('ref' in name)) {
    // The partition goes by the key, which a source and an id do not tell.
    return (await ofEach(partitions.all, (stream) => findEvent(stream, name, filter, textOf))).find(
      (found) => found !== undefined,
    );
  }
  const stream = partitions.ofRef(name.ref);
  return stream === undefined ? undefined : findEvent(stream, name, filter, textOf);
}

function divide(budget: SearchBudget, partitions: number): SearchBudget {
  const share = (whole: number, least: number, parts = partitions) => Math.max(least, Math.ceil(whole / parts));
  return {
    // One partition may have more than its share of the latest; the page is then shorter, and the next one goes on.
    maxFound: Math.min(budget.maxFound, share(2 * budget.maxFound, MIN_EACH.maxFound)),
    maxScanned: share(budget.maxScanned, MIN_EACH.maxScanned),
    maxBytes: share(budget.maxBytes, MIN_EACH.maxBytes),
    maxMs: share(budget.maxMs, MIN_EACH.maxMs, Math.ceil(partitions / AT_ONCE)),
  };
}

function parsePlace(cursor: string): Place | undefined {
  const [, ms, number, partition] = /^(\d{1,16})-(\d{1,16})(?:-(\d{1,4}))?$/.exec(cursor) ?? [];
  if (ms === undefined) return undefined;
  // A cursor of a deployment that had one partition comes after all that has the same id.
  return {
    ms: Number(ms),
    number: Number(number),
    partition: partition === undefined ? MAX_PARTITION : Number(partition),
  };
}

const MAX_PARTITION = 9_999;

function placeOf(entryId: string, partition: number): Place {
  const [ms = 0, number = 0] = entryId.split('-').map(Number);
  return { ms, number, partition };
}

/** The latest first; of those with one id, by their partitions. */
function comparePlaces(a: Place, b: Place): number {
  return b.ms - a.ms || b.number - a.number || a.partition - b.partition;
}

/** The id before which a partition is searched, for the page after a place: that very id may still be to come in it. */
function beginIn(partition: number, { ms, number, partition: last }: Place): string {
  return `${ms}-${partition > last ? number + 1 : number}`;
}
