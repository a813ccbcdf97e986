import {
  type Count,
  countDeadLetters,
  type DeadLetterFilter,
  type DeadLetterPage,
  findNewestDeath,
  getDeadLetter,
  idOfPosition,
  listDeadLetters,
  type Partitions,
  type Position,
  parseCursor,
  type ScanLimits,
  scanDeadLetters,
  toCursor,
} from '@millrace/stream-client';
import { ofEach } from './in-turn.js';
import { mergeParts } from './merge-parts.js';

/** Letters that a page looks at, in all partitions together, and at least in each. */
const MAX_SCANNED = 2_000;
const MIN_SCANNED_EACH = 20;

interface PageOptions extends Pick<ScanLimits, 'messageOf'> {
  readonly limit: number;
  readonly cursor?: string;
  readonly filter: DeadLetterFilter;
}

/** As `listDeadLetters`, over all partitions: a place in the list says in which partition it is. */
export async function listAllDeadLetters(
  partitions: Partitions,
  options: PageOptions,
): Promise<DeadLetterPage | undefined> {
  const { all, home } = partitions;
  if (all.length === 1) return listDeadLetters(home, options);
  const { limit, cursor, filter, messageOf } = options;
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  if (cursor !== undefined && after === undefined) return undefined;
  const maxScanned = Math.max(MIN_SCANNED_EACH, Math.ceil(MAX_SCANNED / all.length));
  const limits = { maxFound: limit, maxScanned, ...(messageOf === undefined ? {} : { messageOf }) };
  const parts = await ofEach(all, (stream) => scanDeadLetters(stream, filter, limits, after));
  const { places, next } = mergeParts(parts, compareDeaths, limit);
  const letters = await ofEach(places.map(idOfPosition), async (id) => {
    const stream = partitions.ofRef(id);
    return stream === undefined ? undefined : getDeadLetter(stream, id);
  });
  const items = letters.filter((letter) => letter !== undefined);
  return next === undefined ? { items } : { items, next: toCursor(next) };
}

/** The latest death first; of one moment, as Redis orders them: by their text, backwards. */
function compareDeaths(a: Position, b: Position): number {
  if (a.deadAt !== b.deadAt) return b.deadAt - a.deadAt;
  return a.member < b.member ? 1 : -1;
}

/** As `findNewestDeath`, over all partitions. */
export async function findNewestOfAll({ all }: Partitions): Promise<number> {
  return Math.max(...(await ofEach(all, findNewestDeath)));
}

/** As `countDeadLetters`, in each partition; `too-many` where one of them, or all together, would have to be looked at too much. */
export async function countInEach(
  { all }: Partitions,
  filter: DeadLetterFilter,
  newest: number,
  maxScanned: number,
  seen: Pick<ScanLimits, 'messageOf'> = {},
): Promise<{ readonly kind: 'counted'; readonly counts: readonly number[] } | Exclude<Count, { kind: 'counted' }>> {
  const each = Math.ceil(maxScanned / all.length);
  const counts: number[] = [];
  for (const count of await ofEach(all, (stream) => countDeadLetters(stream, filter, newest, each, seen))) {
    if (count.kind === 'too-many') return { kind: 'too-many', maxScanned };
    counts.push(count.count);
  }
  return { kind: 'counted', counts };
}
