import { entryIdOf } from '../keys.js';
import type { Stream } from '../stream.js';
import { type Position, placesAfter, type Scores } from './places-after.js';

export type { Position } from './places-after.js';

/** Times of death, in ms, both included. What is left out is open. */
export type DeathTimes = Scores;

/** At most `count` places after the given one, the latest death first; fewer at the end alone. */
export function listPositions(
  { redis, keys }: Stream,
  after: Position | undefined,
  count: number,
  times: DeathTimes = {},
): Promise<Position[]> {
  return placesAfter({ redis, key: keys.dead, isReversed: true }, after, count, times);
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
