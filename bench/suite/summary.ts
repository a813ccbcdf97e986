import type { Bar, Figures } from './comparison.ts';
import type { Measured } from './run-comparison.ts';

/** A figure over all rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Whether a bar was reached, and with what. */
export interface Verdict {
  readonly bar: Bar;
  /** The ratio, or for a bar by itself the figure, over the rounds that are judged; over all of them where none is. */
  readonly value: Spread;
  /** How many rounds are judged. Where it is 0, `ok` is true and nobody knows. */
  readonly judged: number;
  readonly ok: boolean;
}

/** One comparison, summed up. Plain JSON. */
export interface Summary {
  readonly id: string;
  readonly title: string;
  readonly note?: string;
  readonly rounds: number;
  readonly contenders: Readonly<Record<string, Readonly<Record<string, Spread>>>>;
  readonly verdicts: readonly Verdict[];
  /** Why there are no figures. */
  readonly error?: string;
}

/** The median, and the ends. Of nothing: not a number. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/**
 * Sums up. A ratio is taken within each round, where both sides had the same machine under them, and the median of those
 * is what the bar is held against.
 */
export function summarise({ comparison, figures }: Measured): Summary {
  const { id, title, note, bars } = comparison;
  const contenders = Object.fromEntries(
    [...figures].map(([name, rounds]) => {
      const names = [...new Set(rounds.flatMap((round) => Object.keys(round)))];
      const spreads = names.map((figure) => [figure, spreadOf(rounds.map((round) => round[figure] ?? Number.NaN))]);
      return [name, Object.fromEntries(spreads) as Record<string, Spread>];
    }),
  );
  const rounds = [...figures.values()][0]?.length ?? 0;
  const verdicts = bars.map((bar) => judge(bar, figures));
  return { id, title, rounds, contenders, verdicts, ...(note === undefined ? {} : { note }) };
}

function judge(bar: Bar, figures: Measured['figures']): Verdict {
  const mine = figures.get(bar.contender) ?? [];
  const theirs = bar.against === undefined ? undefined : figures.get(bar.against);
  const values = mine.map((found, round) => {
    const value = found[bar.figure] ?? Number.NaN;
    return theirs === undefined ? value : value / (theirs[round]?.[bar.figure] ?? 0);
  });
  const judged = values.filter((_value, round) => isJudged(bar, mine[round] ?? {}));
  const value = spreadOf(judged.length > 0 ? judged : values);
  const isReached =
    value.median >= (bar.atLeast ?? Number.NEGATIVE_INFINITY) && value.median <= (bar.atMost ?? Infinity);
  return { bar, value, judged: judged.length, ok: isReached || (judged.length === 0 && values.length > 0) };
}

function isJudged({ unless }: Bar, found: Figures): boolean {
  return unless === undefined || !((found[unless.figure] ?? 0) > unless.above);
}
