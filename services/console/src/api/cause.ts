import type { DeadLetter, DeadLetterFilter } from './dead-letters';
import { calledBy } from './effect';

/** Dead letters that died of the same: along one route, for one reason, with one code. */
export interface Cause {
  readonly route: string;
  readonly reason?: string;
  readonly code?: string;
  readonly count: number;
  /** The last of them; null where it has just been taken away. */
  readonly latest: DeadLetter | null;
}

/** The filter that finds the letters of a cause. */
export function filterOf({ route, reason, code }: Cause): DeadLetterFilter {
  return { route, ...(reason === undefined ? {} : { reason }), ...(code === undefined ? {} : { code }) };
}

/** The tool that was called last, where one was: `aws/risk.score`. */
export function toolOf({ latest }: Cause): string | undefined {
  const last = latest?.effects.at(-1);
  const called = last === undefined ? undefined : calledBy(last);
  return called === undefined ? undefined : `${called.server}/${called.tool}`;
}
