import type { Event } from '@millrace/events';
import { send } from '../connection/connection.js';
import { readFields } from '../records/read-fields.js';
import { copiedEvent } from '../records/read-record.js';
import type { DeliveryDetail } from '../settling/outcome.js';
import type { Stream } from '../stream.js';
import { type DeathTimes, listPositions, type Position, splitMember } from './dead-letter-index.js';

/** Which dead letters are meant: those that meet every condition given. Without any, all of them. */
export interface DeadLetterFilter {
  readonly route?: string;
  /** Why it was given up, such as `attempts-exhausted`. */
  readonly reason?: string;
  /** The event's type, in full. */
  readonly type?: string;
  /** The code of the last error, such as `TOOL_TIMEOUT`. */
  readonly code?: string;
  /** What is known of the call that failed last, such as `unknown`. */
  readonly class?: string;
  /** Part of the last error's message, in any case. */
  readonly text?: string;
  /** Died at this time or later. */
  readonly since?: Date;
  /** Died before this time. */
  readonly until?: Date;
}

/** How the message of an error reads to whoever asks; the event is undefined where it could not be decoded. */
export type MessageOf = (event: Event | undefined, message: string) => string;

/** How much one scan may do. */
export interface ScanLimits {
  /** Left out: as it is. */
  readonly messageOf?: MessageOf;
  readonly maxFound: number;
  /** Letters to look at. Their number is what a scan costs, whatever the filter. */
  readonly maxScanned: number;
  /** Leave out what died after this, in ms. */
  readonly newest?: number;
}

export interface Scan {
  /** The latest death first. */
  readonly found: readonly Position[];
  readonly scanned: number;
  /** Where a next scan goes on; absent when all have been looked at. */
  readonly next?: Position;
}

/** Letters that are looked at in one round trip: Redis is held up by no more than that. */
const PAGE = 200;

/** Looks for dead letters that the filter accepts, from a place on, and stops at either limit. */
export async function scanDeadLetters(
  stream: Stream,
  filter: DeadLetterFilter,
  limits: ScanLimits,
  after?: Position,
): Promise<Scan> {
  const found: Position[] = [];
  let scanned = 0;
  let last = after;
  while (found.length < limits.maxFound && scanned < limits.maxScanned) {
    const count = Math.min(PAGE, limits.maxScanned - scanned);
    const page = await listPositions(stream, last, count, timesOf(filter, limits.newest));
    const accepted = await accept(stream, filter, page, limits.messageOf);
    found.push(...accepted.slice(0, limits.maxFound - found.length));
    scanned += page.length;
    last = page.at(-1);
    if (found.length === limits.maxFound) last = found.at(-1);
    else if (page.length < count) return { found, scanned };
  }
  return { found, scanned, ...(last === undefined ? {} : { next: last }) };
}

export type Count =
  | { readonly kind: 'counted'; readonly count: number }
  /** To know, more letters than the limit would have to be looked at. */
  | { readonly kind: 'too-many'; readonly maxScanned: number };

/**
 * Counts the dead letters that the filter accepts and that died no later than `newest` (ms): exactly, or not at all.
 * Times alone are counted at once; any other condition looks at each letter within them.
 */
export async function countDeadLetters(
  stream: Stream,
  filter: DeadLetterFilter,
  newest: number,
  maxScanned: number,
  { messageOf }: Pick<ScanLimits, 'messageOf'> = {},
): Promise<Count> {
  if (isOfTimesAlone(filter)) return { kind: 'counted', count: await countWithin(stream, filter, newest) };
  if ((await countToLookAt(stream, filter, newest)) > maxScanned) return { kind: 'too-many', maxScanned };
  const seen = messageOf === undefined ? {} : { messageOf };
  let count = 0;
  let after: Position | undefined;
  do {
    const scan = await scanDeadLetters(stream, filter, { ...seen, maxFound: PAGE, maxScanned: PAGE, newest }, after);
    count += scan.found.length;
    after = scan.next;
  } while (after !== undefined);
  return { kind: 'counted', count };
}

/** How many letters have to be looked at to count those that the filter accepts; none where it has times alone. */
export async function countToLookAt(stream: Stream, filter: DeadLetterFilter, newest: number): Promise<number> {
  return isOfTimesAlone(filter) ? 0 : countWithin(stream, filter, newest);
}

function isOfTimesAlone(filter: DeadLetterFilter): boolean {
  return filter.route === undefined && !asksRecords(filter);
}

function countWithin({ redis, keys }: Stream, filter: DeadLetterFilter, newest: number): Promise<number> {
  const { from, to } = timesOf(filter, newest);
  return send('ZCOUNT', redis.zcount(keys.dead, from ?? '-inf', to ?? '+inf'));
}

function timesOf({ since, until }: DeadLetterFilter, newest: number = Number.POSITIVE_INFINITY): DeathTimes {
  const to = Math.min(until === undefined ? Number.POSITIVE_INFINITY : until.getTime() - 1, newest);
  return {
    ...(since === undefined ? {} : { from: since.getTime() }),
    ...(to === Number.POSITIVE_INFINITY ? {} : { to }),
  };
}

/** The route is in the index; for the other conditions the records are asked, all of a page in one go. */
async function accept(
  stream: Stream,
  filter: DeadLetterFilter,
  page: readonly Position[],
  messageOf: MessageOf | undefined,
): Promise<Position[]> {
  const { route } = filter;
  const ofRoute = page.filter(({ member }) => route === undefined || splitMember(member)[1] === route);
  if (!asksRecords(filter)) return ofRoute;
  const seenBy = filter.text === undefined ? undefined : messageOf;
  const facts = await Promise.all(ofRoute.map(({ member }) => readFacts(stream, member, seenBy)));
  return ofRoute.filter((_, n) => hasFacts(facts[n] ?? {}, filter));
}

function asksRecords({ reason, type, code, class: klass, text }: DeadLetterFilter): boolean {
  return [reason, type, code, klass, text].some((condition) => condition !== undefined);
}

/** What a dead letter can be told by, besides its route. */
export interface Facts extends Pick<DeadLetterFilter, 'reason' | 'type' | 'code' | 'class'> {
  readonly message?: string;
}

/** What the record says of a dead letter; nothing where the record is gone. */
export async function readFacts(stream: Stream, member: string, messageOf?: MessageOf): Promise<Facts> {
  const [ref, route] = splitMember(member);
  const detailField = `detail:${route}`;
  const fields = await readFields(stream, ref, detailField, 'entry:event');
  const { reason, error }: Partial<DeliveryDetail> = JSON.parse(fields.get(detailField)?.toString() ?? '{}');
  const type = typeIn(fields.get('entry:event')?.toString());
  const message = error?.message;
  const seen =
    message === undefined || messageOf === undefined ? message : messageOf(await readCopy(stream, ref), message);
  return {
    ...(reason === undefined ? {} : { reason }),
    ...error,
    ...(seen === undefined ? {} : { message: seen }),
    ...(type === undefined ? {} : { type }),
  };
}

const COPY = ['entry:format', 'entry:kind', 'entry:event', 'entry:data'];

/** The copy of the event that every dead letter keeps. */
async function readCopy(stream: Stream, ref: string): Promise<Event | undefined> {
  return copiedEvent(await readFields(stream, ref, ...COPY));
}

/** Undefined for an entry that could not be decoded: its fields are somebody else's. */
function typeIn(attributes: string | undefined): string | undefined {
  try {
    const { type }: { type?: unknown } = JSON.parse(attributes ?? '{}') ?? {};
    return typeof type === 'string' ? type : undefined;
  } catch {
    return undefined;
  }
}

function hasFacts(facts: Facts, { text, ...words }: DeadLetterFilter): boolean {
  const isMet = (name: 'reason' | 'type' | 'code' | 'class') =>
    words[name] === undefined || facts[name] === words[name];
  return (
    isMet('reason') &&
    isMet('type') &&
    isMet('code') &&
    isMet('class') &&
    (text === undefined || (facts.message ?? '').toLowerCase().includes(text.toLowerCase()))
  );
}
