import { formatTable } from '../terminal.js';
import type { CommandContext } from './context.js';

/** A table with its head. Where there is no row `none` says so beside the answer: of a head alone nobody knows what it means. */
export function showList(
  { terminal }: Pick<CommandContext, 'terminal'>,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  none: string,
): void {
  terminal.out(formatTable([head, ...rows]));
  if (rows.length === 0) terminal.note(none);
}
