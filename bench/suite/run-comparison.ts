import type { Comparison, Figures, Runner } from './comparison.ts';

/** Everything that was measured: for each contender one set of figures per round. */
export interface Measured {
  readonly comparison: Comparison;
  readonly figures: ReadonlyMap<string, readonly Figures[]>;
}

/**
 * Starts all contenders, measures them in turns for so many rounds, and stops them. Each round begins with the next of them (A B C,
 * B C A, …): what the machine still does for one, in the kernel, strikes the one after it, which is not always the same. Throws
 * what a contender throws; nothing is left running.
 */
export async function runComparison(
  comparison: Comparison,
  rounds: number,
  onStep: (step: string) => void,
): Promise<Measured> {
  const runners = new Map<string, Runner>();
  const figures = new Map<string, Figures[]>();
  try {
    for (const contender of comparison.contenders) {
      onStep(`starting ${contender.name}`);
      runners.set(contender.name, await contender.start());
      figures.set(contender.name, []);
    }
    const warmUps = comparison.warmUps ?? 1;
    for (let round = 0; round < warmUps + rounds; round++) {
      for (const [name, runner] of inTurn([...runners], round)) {
        onStep(round < warmUps ? `warming up ${name}` : `round ${round - warmUps + 1} of ${rounds}: ${name}`);
        const found = await runner.measure();
        if (round >= warmUps) figures.get(name)?.push(found);
      }
    }
  } finally {
    for (const runner of [...runners.values()].reverse()) await runner.stop();
  }
  return { comparison, figures };
}

/** All of them, beginning with another one each time. */
function inTurn<T>(all: readonly T[], round: number): readonly T[] {
  const first = round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}
