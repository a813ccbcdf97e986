import type { Stream } from '../stream.js';
import { type DeadLetterFilter, readFacts, type ScanLimits, scanDeadLetters } from './dead-letter-filter.js';
import { type Position, splitMember } from './dead-letter-index.js';

/** Dead letters that died of the same: along one route, for one reason, with one code of the last error. */
export interface DeathCause {
  readonly route: string;
  readonly reason?: string;
  readonly code?: string;
  readonly count: number;
  /** The last of them to die. */
  readonly latest: Position;
}

/** What dead letters died of, the most frequent first. */
export interface DeathCauses {
  readonly causes: readonly DeathCause[];
  readonly scanned: number;
  /** Whether that were all of them; if not, the latest. */
  readonly isComplete: boolean;
}

/** How much counting may do. It ends at whichever comes first. */
export interface CauseBudget extends Pick<ScanLimits, 'messageOf'> {
  readonly maxScanned: number;
  readonly maxMs: number;
}

/** Letters in one round trip. */
const PAGE = 200;

/** Counts the dead letters that the filter accepts by what they died of, the latest first, as far as the budget goes. */
export async function countCauses(
  stream: Stream,
  filter: DeadLetterFilter,
  { maxScanned, maxMs, messageOf }: CauseBudget,
): Promise<DeathCauses> {
  const endsAt = performance.now() + maxMs;
  const seen = messageOf === undefined ? {} : { messageOf };
  const causes = new Map<string, DeathCause>();
  let scanned = 0;
  let after: Position | undefined;
  do {
    const limits = { ...seen, maxFound: PAGE, maxScanned: Math.min(PAGE, maxScanned - scanned) };
    const scan = await scanDeadLetters(stream, filter, limits, after);
    const facts = await Promise.all(scan.found.map(({ member }) => readFacts(stream, member)));
    for (const [at, latest] of scan.found.entries()) {
      const { reason, code } = facts[at] ?? {};
      addTo(causes, { route: splitMember(latest.member)[1], ...words({ reason, code }), count: 1, latest });
    }
    scanned += scan.scanned;
    after = scan.next;
  } while (after !== undefined && scanned < maxScanned && performance.now() < endsAt);
  return { causes: sortCauses(causes), scanned, isComplete: after === undefined };
}

/** Adds up what was counted in several places. */
export function mergeCauses(parts: readonly DeathCauses[]): DeathCauses {
  const causes = new Map<string, DeathCause>();
  for (const part of parts) for (const cause of part.causes) addTo(causes, cause);
  const scanned = parts.reduce((sum, part) => sum + part.scanned, 0);
  return { causes: sortCauses(causes), scanned, isComplete: parts.every((part) => part.isComplete) };
}

function addTo(causes: Map<string, DeathCause>, more: DeathCause): void {
  const name = JSON.stringify([more.route, more.reason, more.code]);
  const known = causes.get(name);
  if (known === undefined) return void causes.set(name, more);
  const latest = known.latest.deadAt >= more.latest.deadAt ? known.latest : more.latest;
  causes.set(name, { ...known, count: known.count + more.count, latest });
}

/** Of equally many, the one whose last died last comes first. */
function sortCauses(causes: ReadonlyMap<string, DeathCause>): readonly DeathCause[] {
  return [...causes.values()].sort((a, b) => b.count - a.count || b.latest.deadAt - a.latest.deadAt);
}

function words({ reason, code }: { reason?: string | undefined; code?: string | undefined }) {
  return { ...(reason === undefined ? {} : { reason }), ...(code === undefined ? {} : { code }) };
}
