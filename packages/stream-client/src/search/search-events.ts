import { type Event, identityOf } from '@millrace/events';
import { decodeEvent, toFields } from '../codec.js';
import { send } from '../connection/connection.js';
import { entryIdOf, refOf } from '../keys.js';
import { readRecord } from '../records/read-record.js';
import type { Stream } from '../stream.js';
import { type EventFilter, isAsLookedFor, isLookedFor, type TextOf } from './event-filter.js';
import { type EventSummary, type FoundEvent, summarizeEvents } from './event-summary.js';

/** How far one search goes before it answers with what it has. */
export interface SearchBudget {
  readonly maxFound: number;
  readonly maxScanned: number;
  readonly maxBytes: number;
  readonly maxMs: number;
}

/** One page of a search. */
export interface EventSearch {
  /** The latest first. */
  readonly items: readonly EventSummary[];
  /** The ids of the entries as which they were found, in the same order. */
  readonly entryIds: readonly string[];
  /** Where the next page begins; absent when there is nothing more to look at. */
  readonly next?: string;
  /** How many entries were looked at. */
  readonly scanned: number;
  /** The time that the search has reached, going back. */
  readonly scannedTo?: Date;
}

/** What a search asks Redis for in one command: few entries at first, then about this many bytes, in at most so many. */
const FIRST_PAGE = 50;
const MAX_PAGE = 500;
const PAGE_BYTES = 512 * 1024;
/** Events whose records are asked for in one go. */
const RECORDS_PER_ROUND = 50;

/**
 * Looks through the events in retention, the latest first, in small pieces between which others get their turn, until
 * enough is found or the budget is spent: a page may be short or empty and still have `next`. Events whose records have
 * expired, and those that still wait for their `deliverat`, are not among them. `cursor` is `next` of the page before;
 * resolves with undefined for one that is none. Throws STREAM_UNAVAILABLE.
 */
export async function searchEvents(
  stream: Stream,
  filter: EventFilter,
  budget: SearchBudget,
  options: { readonly cursor?: string; readonly textOf?: TextOf } = {},
): Promise<EventSearch | undefined> {
  const { cursor, textOf } = options;
  if (cursor !== undefined && !/^\d{1,16}-\d{1,16}$/.test(cursor)) return undefined;
  const stopAt = performance.now() + budget.maxMs;
  const items: EventSummary[] = [];
  const entryIds: string[] = [];
  let scanned = 0;
  let bytes = 0;
  let reached = cursor;
  while (scanned < budget.maxScanned && bytes < budget.maxBytes) {
    const average = scanned === 0 ? PAGE_BYTES / FIRST_PAGE : Math.max(1, bytes / scanned);
    const count = Math.min(MAX_PAGE, Math.max(1, Math.floor(PAGE_BYTES / average)), budget.maxScanned - scanned);
    const page = await readBack(stream, filter, reached, count);
    const candidates = page.flatMap((entry) => (isCandidate(entry, filter, textOf) ? [entry] : []));
    for (const round of inRounds(candidates, RECORDS_PER_ROUND)) {
      const summaries = await summarizeEvents(stream, round.map(foundEvent));
      for (const [at, summary] of summaries.entries()) {
        if (summary === undefined || !isAsLookedFor(summary, filter)) continue;
        items.push(summary);
        const { id } = round[at] as ScannedEntry;
        entryIds.push(id);
        if (items.length === budget.maxFound)
          return pageOf({ items, entryIds }, scanned + page.findIndex((e) => e.id === id) + 1, id);
      }
    }
    scanned += page.length;
    bytes += page.reduce((sum, entry) => sum + entry.bytes, 0);
    reached = page.at(-1)?.id ?? reached;
    if (page.length < count) return { items, entryIds, scanned };
    if (performance.now() > stopAt) break;
  }
  return pageOf({ items, entryIds }, scanned, reached);
}

/**
 * The one event that a ref names, or a source and an id together, if it meets the other conditions as well: found at
 * once, however many there are.
 */
export async function findEvent(
  stream: Stream,
  name: { readonly ref: string } | { readonly source: string; readonly id: string },
  filter: EventFilter,
  textOf?: TextOf,
): Promise<EventSummary | undefined> {
  const ref = 'ref' in name ? name.ref : await refOfIdentity(stream, name);
  const record = ref === undefined ? undefined : await readRecord(stream, ref);
  if (record?.event === undefined) return undefined;
  const { event, acceptedAt, state, deliveries } = record;
  const { since, until } = filter;
  if ((since !== undefined && acceptedAt < since) || (until !== undefined && acceptedAt >= until)) return undefined;
  const routes = deliveries.map((delivery) => ({ id: delivery.route, state: delivery.state }));
  const summary = { ref: record.ref, attributes: event.attributes, acceptedAt, state, routes };
  return isLookedFor(event, filter, textOf) && isAsLookedFor(summary, filter) ? summary : undefined;
}

async function refOfIdentity({ redis, keys }: Stream, name: { readonly source: string; readonly id: string }) {
  const known = await send('GET', redis.get(keys.identity(identityOf(name))));
  return known?.split(' ')[0];
}

interface ScannedEntry {
  readonly id: string;
  readonly ref: string;
  readonly bytes: number;
  /** Undefined for an entry that cannot be read, and for one that repeats an event along one route. */
  readonly event: Event | undefined;
}

async function readBack(stream: Stream, filter: EventFilter, before: string | undefined, count: number) {
  const { since, until } = filter;
  const latest = until === undefined ? '+' : `(${until.getTime()}-0`;
  const oldest = since === undefined ? '-' : `${since.getTime()}-0`;
  const end = before === undefined ? latest : `(${before}`;
  const command = stream.redis.callBuffer('XREVRANGE', stream.keys.events, end, oldest, 'COUNT', count);
  const entries = (await send('XREVRANGE', command)) as [Buffer, Buffer[]][];
  return entries.map(([id, flat]): ScannedEntry => scan(stream, id.toString(), flat));
}

function scan({ keys }: Stream, id: string, flat: readonly Buffer[]): ScannedEntry {
  const fields = toFields(flat);
  const told = fields.get('ref')?.toString();
  const ref = told !== undefined && entryIdOf(keys, told) !== undefined ? told : refOf(keys, id);
  const event = fields.has('route') ? undefined : decodeEvent(fields);
  const bytes = flat.reduce((sum, { length }) => sum + length, 0);
  return { id, ref, bytes, event: typeof event === 'string' ? undefined : event };
}

function isCandidate({ event }: ScannedEntry, filter: EventFilter, textOf?: TextOf): boolean {
  return event !== undefined && isLookedFor(event, filter, textOf);
}

function foundEvent({ ref, event }: ScannedEntry): FoundEvent {
  return { ref, ...(event === undefined ? {} : { attributes: event.attributes }) };
}

function pageOf(
  found: Pick<EventSearch, 'items' | 'entryIds'>,
  scanned: number,
  reached: string | undefined,
): EventSearch {
  if (reached === undefined) return { ...found, scanned };
  return { ...found, scanned, next: reached, scannedTo: new Date(Number.parseInt(reached, 10)) };
}

function inRounds<T>(all: readonly T[], size: number): T[][] {
  const rounds: T[][] = [];
  for (let at = 0; at < all.length; at += size) rounds.push(all.slice(at, at + size));
  return rounds;
}
