import type { Redis } from 'ioredis';
import { send } from '../connection/connection.js';

/** A place in a sorted set. A member that is put in anew has another place. */
export interface Position {
  /** `REF ROUTE` */
  readonly member: string;
  /** Its score: when it died, or whatever the set goes by (ms). */
  readonly deadAt: number;
}

/** Scores, both included. What is left out is open. */
export interface Scores {
  readonly from?: number;
  readonly to?: number;
}

/** A sorted set that is gone through from one end: from the highest score down where it is reversed. */
export interface Walk {
  readonly redis: Redis;
  readonly key: string;
  readonly isReversed: boolean;
}

/**
 * At most `count` places after the given one; fewer at the end alone. Members of equal score are ordered by their text, so a place in
 * between is exact, and stays so while members come and go. However many have its score, it is found in a few round trips.
 */
export async function placesAfter(
  walk: Walk,
  after: Position | undefined,
  count: number,
  scores: Scores = {},
): Promise<Position[]> {
  const near = await listNear(walk, after, count, scores);
  const found = near.filter((place) => after === undefined || isAfter(walk, place, after));
  const last = found.at(-1) ?? after;
  if (found.length === count || near.length < count || last === undefined) return found;
  // More than a page of members have the score of the place.
  const rest = await listFrom(walk, await findRank(walk, last), last, count - found.length);
  return [...found, ...rest.filter(({ deadAt }) => isWithin(deadAt, scores))];
}

/** From the first member with the score of the place on. */
async function listNear({ redis, key, isReversed }: Walk, after: Position | undefined, count: number, scores: Scores) {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = scores;
  const near = after?.deadAt;
  const limit = ['LIMIT', 0, count, 'WITHSCORES'] as const;
  const range = isReversed
    ? redis.zrange(key, toScore(Math.min(near ?? to, to)), toScore(from), 'BYSCORE', 'REV', ...limit)
    : redis.zrange(key, toScore(Math.max(near ?? from, from)), toScore(to), 'BYSCORE', ...limit);
  return toPlaces(await send('ZRANGE', range));
}

/** How many members come before those that are after a place: by halves among those that have its score. */
async function findRank(walk: Walk, place: Position): Promise<number> {
  const { redis, key, isReversed } = walk;
  const score = String(place.deadAt);
  const beyond = isReversed ? redis.zcount(key, `(${score}`, '+inf') : redis.zcount(key, '-inf', `(${score}`);
  const [before, same] = await Promise.all([send('ZCOUNT', beyond), send('ZCOUNT', redis.zcount(key, score, score))]);
  let low = before;
  let high = before + same;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [found] = await listRanks(walk, middle, middle);
    if (found === undefined || isAfter(walk, found, place)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The places after a place, which was at this rank a moment ago. Each look begins with one that is known: so none is missed. */
async function listFrom(walk: Walk, rank: number, after: Position, count: number): Promise<Position[]> {
  const found: Position[] = [];
  let first = Math.max(0, rank - 1);
  for (let back = count; ; ) {
    const last = found.at(-1) ?? after;
    const listed = await listRanks(walk, first, first + count);
    const [known] = listed;
    if (first > 0 && (known === undefined || isAfter(walk, known, last))) {
      // Others that come before it have gone meanwhile.
      first = Math.max(0, first - back);
      back *= 2;
      continue;
    }
    found.push(...listed.filter((place) => isAfter(walk, place, last)));
    if (found.length >= count || listed.length <= count) return found.slice(0, count);
    first += count;
  }
}

async function listRanks({ redis, key, isReversed }: Walk, first: number, last: number): Promise<Position[]> {
  const range = isReversed
    ? redis.zrange(key, String(first), String(last), 'REV', 'WITHSCORES')
    : redis.zrange(key, String(first), String(last), 'WITHSCORES');
  return toPlaces(await send('ZRANGE', range));
}

function isAfter({ isReversed }: Walk, a: Position, b: Position): boolean {
  if (a.deadAt !== b.deadAt) return isReversed ? a.deadAt < b.deadAt : a.deadAt > b.deadAt;
  return isReversed ? a.member < b.member : a.member > b.member;
}

function isWithin(score: number, { from, to }: Scores): boolean {
  return (from === undefined || score >= from) && (to === undefined || score <= to);
}

function toPlaces(flat: readonly string[]): Position[] {
  return Array.from({ length: flat.length / 2 }, (_, at) => ({
    member: flat[2 * at] as string,
    deadAt: Number(flat[2 * at + 1]),
  }));
}

function toScore(score: number): string {
  return Number.isFinite(score) ? String(score) : score > 0 ? '+inf' : '-inf';
}
