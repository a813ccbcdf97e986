import { send } from './connection.js';
import { entryIdOf } from './keys.js';
import type { Stream } from './stream.js';

/** A place among the dead letters: which one, and when it died (ms). A letter that dies again has another place. */
export interface Position {
  /** `REF ROUTE` */
  readonly member: string;
  readonly deadAt: number;
}

/** Times of death, in ms, both included. What is left out is open. */
export interface DeathTimes {
  readonly from?: number;
  readonly to?: number;
}

/**
 * At most `count` places after the given one, the latest death first. Letters of equal time are ordered by their text,
 * so a place in between is exact, and stays so while letters come and go.
 */
export async function listPositions(
  stream: Stream,
  after: Position | undefined,
  count: number,
  { from, to }: DeathTimes = {},
): Promise<Position[]> {
  const found: Position[] = [];
  const latest = Math.min(after?.deadAt ?? Number.POSITIVE_INFINITY, to ?? Number.POSITIVE_INFINITY);
  const max = latest === Number.POSITIVE_INFINITY ? '+inf' : String(latest);
  const min = from === undefined ? '-inf' : String(from);
  for (let offset = 0; found.length < count; offset += count) {
    const { redis, keys } = stream;
    const range = redis.zrange(keys.dead, max, min, 'BYSCORE', 'REV', 'LIMIT', offset, count, 'WITHSCORES');
    const flat = await send('ZRANGE', range);
    for (let i = 0; i < flat.length; i += 2) {
      const position = { member: flat[i] as string, deadAt: Number(flat[i + 1]) };
      const isAfter = after === undefined || position.deadAt < after.deadAt || position.member < after.member;
      if (isAfter) found.push(position);
    }
    if (flat.length < 2 * count) break;
  }
  return found.slice(0, count);
}

/** The index's member for a dead letter's id: the ref holds no full stop, so the first one parts ref and route. */
export function memberOf(stream: Stream, id: string): string | undefined {
  const at = id.indexOf('.');
  const ref = id.slice(0, at);
  return at < 0 || entryIdOf(stream.keys, ref) === undefined ? undefined : `${ref} ${id.slice(at + 1)}`;
}

/** The id of the dead letter at a place. */
export function idOfPosition({ member }: Position): string {
  return splitMember(member).join('.');
}

/** A member's ref and route. */
export function splitMember(member: string): [ref: string, route: string] {
  const at = member.indexOf(' ');
  return [member.slice(0, at), member.slice(at + 1)];
}

/** A place as text for a caller to bring back. */
export function toCursor(position: Position): string {
  return Buffer.from(renderPosition(position)).toString('base64url');
}

/** Undefined for text that is no cursor. */
export function parseCursor(cursor: string): Position | undefined {
  return parsePosition(Buffer.from(cursor, 'base64url').toString());
}

export function renderPosition({ deadAt, member }: Position): string {
  return `${deadAt} ${member}`;
}

export function parsePosition(text: string): Position | undefined {
  const [, deadAt, member] = /^(\d+) (\S+ .+)$/.exec(text) ?? [];
  return deadAt === undefined || member === undefined ? undefined : { deadAt: Number(deadAt), member };
}
