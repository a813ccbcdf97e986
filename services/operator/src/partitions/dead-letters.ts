import {
  type Count,
  countDeadLetters,
  countToLookAt,
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

/** As `findNewestDeath`, in each partition: their clocks may differ, and each goes by its own. */
export async function findNewestInEach({ all }: Partitions): Promise<number[]> {
  return ofEach(all, findNewestDeath);
}

/**
 * As `countDeadLetters`, in each partition, up to its own `newest`; `too-many` where more than `maxScanned` letters would
 * have to be looked at in all of them together.
 */
export async function countInEach(
  { all }: Partitions,
  filter: DeadLetterFilter,
  newest: readonly number[],
  maxScanned: number,
  seen: Pick<ScanLimits, 'messageOf'> = {},
): Promise<{ readonly kind: 'counted'; readonly counts: readonly number[] } | Exclude<Count, { kind: 'counted' }>> {
  const parts = all.map((stream, at) => ({ stream, upTo: newest[at] ?? 0 }));
  const toLookAt = await ofEach(parts, ({ stream, upTo }) => countToLookAt(stream, filter, upTo));
  if (toLookAt.reduce((sum, one) => sum + one, 0) > maxScanned) return { kind: 'too-many', maxScanned };
  const counts: number[] = [];
  for (const count of await ofEach(parts, ({ stream, upTo }) =>
    countDeadLetters(stream, filter, upTo, maxScanned, seen),
  )) {
    if (count.kind === 'too-many') return count;
    counts.push(count.count);
  }
  return { kind: 'counted', counts };
}
