import { identityOf } from '@millrace/events';
import { send } from '../connection/connection.js';
import { readRecord } from '../records/read-record.js';
import type { DeliveryRecord, EventRecord } from '../records/record.js';
import type { ScriptArgument } from '../scripts.js';
import type { Stream } from '../stream.js';
import { type DeadLetterFilter, type MessageOf, scanDeadLetters } from './dead-letter-filter.js';
import { memberOf, parseCursor, splitMember, toCursor } from './dead-letter-index.js';

/** A delivery that was given up. It stays until someone redrives or discards it. */
export interface DeadLetter {
  /** `<ref>.<route>` */
  readonly id: string;
  readonly ref: string;
  readonly deadAt: Date;
  /** The delivery as its record has it: route, reason, attempts, last error. */
  readonly delivery: DeliveryRecord;
  readonly event: EventRecord['event'];
}

export interface DeadLetterPage {
  readonly items: readonly DeadLetter[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
}

/** Letters that a page looks at: what a filter that accepts few of them may cost one request. */
const MAX_SCANNED = 2_000;

/**
 * Dead letters that the filter accepts, the latest first, at most `limit` of them (1 to 200). A page looks at no more
 * than 2,000 letters: it may hold fewer than `limit`, or none, and have a `next` all the same. `cursor` is `next` of the
 * page before; pages stay in step while letters come and go. Resolves with undefined for a cursor that is none.
 */
export async function listDeadLetters(
  stream: Stream,
  {
    limit,
    cursor,
    filter = {},
    messageOf,
  }: {
    readonly limit: number;
    readonly cursor?: string;
    readonly filter?: DeadLetterFilter;
    readonly messageOf?: MessageOf;
  },
): Promise<DeadLetterPage | undefined> {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  if (cursor !== undefined && after === undefined) return undefined;
  const seen = messageOf === undefined ? {} : { messageOf };
  const scan = await scanDeadLetters(stream, filter, { ...seen, maxFound: limit + 1, maxScanned: MAX_SCANNED }, after);
  const page = scan.found.slice(0, limit);
  const items = await Promise.all(page.map(({ member, deadAt }) => readDeadLetter(stream, member, deadAt)));
  const last = scan.found.length > limit ? page.at(-1) : scan.next;
  return {
    items: items.filter((item) => item !== undefined),
    ...(last === undefined ? {} : { next: toCursor(last) }),
  };
}

/** Resolves with undefined when there is no such dead letter. */
export async function getDeadLetter(stream: Stream, id: string): Promise<DeadLetter | undefined> {
  const member = memberOf(stream, id);
  if (member === undefined) return undefined;
  const score = await send('ZSCORE', stream.redis.zscore(stream.keys.dead, member));
  return score === null ? undefined : readDeadLetter(stream, member, Number(score));
}

/**
 * Sends a dead letter round again: its delivery is waiting, with a fresh retry budget, in the same step in which the
 * dead letter goes. `not-redrivable` is one whose entry could not be decoded.
 */
export async function redriveDeadLetter(
  stream: Stream,
  id: string,
): Promise<'redriven' | 'not-found' | 'not-redrivable'> {
  const member = memberOf(stream, id);
  if (member === undefined) return 'not-found';
  const { keys, args } = redriveCall(stream, member);
  return (await stream.writes.run('redrive', keys, args)) as 'redriven' | 'not-found' | 'not-redrivable';
}

/** Gives a dead letter up. Its delivery stays dead in the record, which now has a lifetime. */
export async function discardDeadLetter(stream: Stream, id: string): Promise<'discarded' | 'not-found'> {
  const letter = await getDeadLetter(stream, id);
  if (letter === undefined) return 'not-found';
  const { keys, args } = discardCall(stream, letter);
  return (await stream.writes.run('discard', keys, args)) as 'discarded' | 'not-found';
}

/** What a script takes. */
export interface ScriptCall {
  readonly keys: readonly string[];
  readonly args: readonly ScriptArgument[];
}

/** What the script `redrive` takes for one dead letter. */
export function redriveCall({ keys }: Stream, member: string): ScriptCall {
  const [ref, route] = splitMember(member);
  return { keys: [keys.events, keys.counters, keys.dead, keys.record(ref)], args: [ref, route] };
}

/** What the script `discard` takes for one dead letter. */
export function discardCall({ keys, settings }: Stream, { ref, delivery, event }: DeadLetter): ScriptCall {
  const identity = keys.identity(event === undefined ? ref : identityOf(event));
  return {
    keys: [keys.dead, keys.record(ref), identity, keys.events, keys.counters, keys.lanes, keys.queued],
    args: [ref, delivery.route, settings.identityTtlMs, settings.recordTtlMs, keys.record('')],
  };
}

/** Resolves with undefined when its record is gone. */
export async function readDeadLetter(stream: Stream, member: string, deadAt: number): Promise<DeadLetter | undefined> {
  const [ref, route] = splitMember(member);
  const record = await readRecord(stream, ref);
  const delivery = record?.deliveries.find((one) => one.route === route);
  if (record === undefined || delivery === undefined) return undefined;
  return { id: `${ref}.${route}`, ref, deadAt: new Date(deadAt), delivery, event: record.event };
}
