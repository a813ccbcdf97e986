import type { DeadLetter, DeadLetterFilter } from './dead-letters';
import { calledBy } from './effect';

/** Dead letters that died of the same cause: along one route, for one reason, with one code. */
export interface Cause {
  readonly filter: DeadLetterFilter;
  readonly route: string;
  readonly reason: string;
  readonly code: string | undefined;
  /** The tool that was called, where one was. */
  readonly tool: string | undefined;
  /** What the latest of them says. */
  readonly message: string | undefined;
  readonly latestAt: string;
  readonly count: number;
}

/** Groups dead letters by their cause, the largest group first. Letters come the latest first. */
export function groupByCause(letters: readonly DeadLetter[]): readonly Cause[] {
  const causes = new Map<string, Cause>();
  for (const letter of letters) {
    const { route, reason = 'unknown', error } = letter;
    const name = JSON.stringify([route, reason, error?.code]);
    const known = causes.get(name);
    causes.set(name, known === undefined ? toCause(letter, route, reason) : { ...known, count: known.count + 1 });
  }
  return [...causes.values()].sort((a, b) => b.count - a.count);
}

function toCause({ error, deadAt, effects }: DeadLetter, route: string, reason: string): Cause {
  const lastEffect = effects.at(-1);
  const called = lastEffect === undefined ? undefined : calledBy(lastEffect);
  const code = error?.code;
  return {
    filter: { route, reason, ...(code === undefined ? {} : { code }) },
    route,
    reason,
    code,
    tool: called === undefined ? undefined : `${called.server}/${called.tool}`,
    message: error?.message,
    latestAt: deadAt,
    count: 1,
  };
}
