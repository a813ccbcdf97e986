import { identityOf } from '@millrace/events';
import { send } from './connection.js';
import { entryIdOf } from './keys.js';
import { readRecord } from './read-record.js';
import type { DeliveryRecord, EventRecord } from './record.js';
import { runScript } from './scripts.js';
import type { Stream } from './stream.js';

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

/**
 * Dead letters, the latest first, at most `limit` of them (1 to 200). `cursor` is `next` of the page before; pages stay
 * in step while letters come and go. Resolves with undefined for a cursor that is none.
 */
export async function listDeadLetters(
  stream: Stream,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<DeadLetterPage | undefined> {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  if (cursor !== undefined && after === undefined) return undefined;
  const found = await membersAfter(stream, after, limit + 1);
  const page = found.slice(0, limit);
  const items = await Promise.all(page.map(({ member, deadAt }) => readDeadLetter(stream, member, deadAt)));
  const last = found.length > limit ? page.at(-1) : undefined;
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
  const [ref, route] = split(member);
  const { keys, redis } = stream;
  const reply = await runScript(
    redis,
    'redrive',
    [keys.events, keys.counters, keys.dead, keys.record(ref)],
    [ref, route],
  );
  return reply as 'redriven' | 'not-found' | 'not-redrivable';
}

/** Gives a dead letter up. Its delivery stays dead in the record, which now has a lifetime. */
export async function discardDeadLetter(stream: Stream, id: string): Promise<'discarded' | 'not-found'> {
  const letter = await getDeadLetter(stream, id);
  if (letter === undefined) return 'not-found';
  const { keys, settings, redis } = stream;
  const identity = letter.event === undefined ? letter.ref : identityOf(letter.event);
  const names = [keys.dead, keys.record(letter.ref), keys.identity(identity)];
  const args = [letter.ref, letter.delivery.route, settings.identityTtlMs, settings.recordTtlMs];
  return (await runScript(redis, 'discard', names, args)) as 'discarded' | 'not-found';
}

interface Position {
  readonly member: string;
  readonly deadAt: number;
}

/** Members with equal times are ordered by their text, so a position in between is exact. */
async function membersAfter(stream: Stream, after: Position | undefined, count: number): Promise<Position[]> {
  const found: Position[] = [];
  const from = after === undefined ? '+inf' : after.deadAt;
  for (let offset = 0; found.length < count; offset += count) {
    const command = stream.redis.zrange(
      stream.keys.dead,
      from,
      '-inf',
      'BYSCORE',
      'REV',
      'LIMIT',
      offset,
      count,
      'WITHSCORES',
    );
    const flat = await send('ZRANGE', command);
    for (let i = 0; i < flat.length; i += 2) {
      const position = { member: flat[i] as string, deadAt: Number(flat[i + 1]) };
      const isAfter = after === undefined || position.deadAt < after.deadAt || position.member < after.member;
      if (isAfter) found.push(position);
    }
    if (flat.length < 2 * count) break;
  }
  return found.slice(0, count);
}

async function readDeadLetter(stream: Stream, member: string, deadAt: number): Promise<DeadLetter | undefined> {
  const [ref, route] = split(member);
  const record = await readRecord(stream, ref);
  const delivery = record?.deliveries.find((one) => one.route === route);
  if (record === undefined || delivery === undefined) return undefined;
  return { id: `${ref}.${route}`, ref, deadAt: new Date(deadAt), delivery, event: record.event };
}

/** The index's member for a dead letter's id: the ref holds no full stop, so the first one parts ref and route. */
function memberOf(stream: Stream, id: string): string | undefined {
  const at = id.indexOf('.');
  const ref = id.slice(0, at);
  return at < 0 || entryIdOf(stream.keys, ref) === undefined ? undefined : `${ref} ${id.slice(at + 1)}`;
}

function split(member: string): [ref: string, route: string] {
  const at = member.indexOf(' ');
  return [member.slice(0, at), member.slice(at + 1)];
}

function toCursor(position: Position): string {
  return Buffer.from(`${position.deadAt} ${position.member}`).toString('base64url');
}

function parseCursor(cursor: string): Position | undefined {
  const [, deadAt, member] = /^(\d+) (\S+ .+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  return deadAt === undefined || member === undefined ? undefined : { deadAt: Number(deadAt), member };
}
