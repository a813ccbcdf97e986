import { CliError } from '../errors.js';
import type { Terminal } from '../terminal.js';

/**
 * Has a person say yes to what cannot be undone. `--yes` says it beforehand, and is needed where nobody can be asked.
 * Throws CLI_USAGE without it, CLI_REFUSED for any other answer; nothing has happened then.
 */
export async function confirm(terminal: Terminal, isGiven: boolean, what: string): Promise<void> {
  if (isGiven) return;
  const answer = await terminal.ask(`${what}? [y/N] `);
  if (answer === undefined) throw new CliError('CLI_USAGE', `${what}: nobody can be asked here, so say --yes`);
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('CLI_REFUSED', 'nothing was done');
}
