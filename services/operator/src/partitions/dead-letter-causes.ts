import {
  type CauseBudget,
  countCauses,
  type DeadLetter,
  type DeadLetterFilter,
  type DeathCause,
  type DeathCauses,
  getDeadLetter,
  idOfPosition,
  mergeCauses,
  type Partitions,
} from '@millrace/stream-client';
import { ofEach } from './in-turn.js';

/** A cause, with the last letter that died of it; undefined where somebody has just taken that away. */
export interface ShownCause extends DeathCause {
  readonly letter: DeadLetter | undefined;
}

/** What was counted. */
export interface CountedCauses extends Omit<DeathCauses, 'causes'> {
  readonly causes: readonly ShownCause[];
  /** Letters that the filter accepts, whatever they died of. */
  readonly matched: number;
}

/** As `countCauses`, over all partitions, of which each has its share of the budget; the first so many. */
export async function countAllCauses(
  partitions: Partitions,
  filter: DeadLetterFilter,
  { maxScanned, maxMs, ...seen }: CauseBudget,
  maxCauses: number,
): Promise<CountedCauses> {
  const { all } = partitions;
  const share = { ...seen, maxScanned: Math.ceil(maxScanned / all.length), maxMs };
  const { causes, scanned, isComplete } = mergeCauses(
    await ofEach(all, (stream) => countCauses(stream, filter, share)),
  );
  const shown = await ofEach(causes.slice(0, maxCauses), async (cause) => {
    const id = idOfPosition(cause.latest);
    const stream = partitions.ofRef(id);
    return { ...cause, letter: stream === undefined ? undefined : await getDeadLetter(stream, id) };
  });
  const matched = causes.reduce((sum, { count }) => sum + count, 0);
  return { causes: shown, matched, scanned, isComplete };
}
