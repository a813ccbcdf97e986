import { colour } from '../terminal.js';
import type { CommandContext } from './context.js';

/** One thing that was looked at, as the operator words it. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** What to do about it; there where something is wrong. */
  readonly mend?: string;
}

/** A line for what was found, and one for how it is mended. */
export function showCheck({ name, ok, found, mend }: Check, { terminal }: Pick<CommandContext, 'terminal'>): void {
  terminal.out(`${ok ? colour('green', '✓') : colour('red', '✗')} ${name}: ${found}`);
  if (mend !== undefined) terminal.out(`    mend: ${mend}`);
}

/** All of them in a line. */
export function summarizeChecks(checks: readonly Check[]): string {
  const wrong = checks.filter(({ ok }) => !ok).length;
  return wrong === 0 ? 'nothing is wrong' : `${wrong} of ${checks.length} checks found something`;
}
