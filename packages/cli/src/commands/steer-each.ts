import { CliError, exitCodeFor } from '../errors.js';
import type { HttpClient } from '../http-client.js';
import { type CommandContext, operatorOf, type SharedOptions } from './context.js';

/** What is done to each, and the word for one of them when it is. */
export interface Steering {
  readonly steer: (operator: HttpClient, id: string) => Promise<unknown>;
  readonly did: string;
}

/** Steers one after the other, says what became of each, and ends as the first failure does. Once interrupted it begins no more. */
export async function steerEach(
  ids: readonly string[],
  options: SharedOptions,
  context: CommandContext,
  { steer, did }: Steering,
): Promise<void> {
  const { terminal } = context;
  const operator = operatorOf(context, options);
  const results: { id: string; ok: boolean; why?: string }[] = [];
  let failure: CliError | undefined;
  for (const [done, id] of ids.entries()) {
    if (context.signal.aborted) {
      failure ??= new CliError('CLI_UNREACHABLE', 'interrupted');
      terminal.note(`interrupted; not tried: ${ids.slice(done).join(', ')}`);
      break;
    }
    try {
      await steer(operator, id);
      results.push({ id, ok: true });
      if (!options.json) terminal.out(`${id}  ${did}`);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      failure ??= error;
      results.push({ id, ok: false, why: error.message });
      terminal.note(`${id}: ${error.message}`);
    }
  }
  if (options.json) terminal.out(JSON.stringify({ results }));
  if (failure !== undefined) context.exitWith(exitCodeFor(failure));
}

/** Where the operator has a dead letter. */
export function pathOf(id: string): string {
  return `/v1/dead-letters/${encodeURIComponent(id)}`;
}
