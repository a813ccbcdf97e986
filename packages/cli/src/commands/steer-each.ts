import { CliError } from '../errors.js';
import type { HttpClient } from '../http-client.js';
import { type CommandContext, operatorOf, type SharedOptions } from './context.js';

/** Steers one after the other, says what became of each, and fails at the end with the first failure. */
export async function steerEach(
  ids: readonly string[],
  options: SharedOptions,
  context: CommandContext,
  steer: (operator: HttpClient, id: string) => Promise<unknown>,
): Promise<void> {
  const operator = operatorOf(context, options);
  const results: { id: string; ok: boolean; why?: string }[] = [];
  let failure: CliError | undefined;
  for (const id of ids) {
    try {
      await steer(operator, id);
      results.push({ id, ok: true });
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      failure ??= error;
      results.push({ id, ok: false, why: error.message });
    }
  }
  if (options.json) context.terminal.out(JSON.stringify({ results }));
  else for (const { id, ok, why } of results) context.terminal.out(ok ? `${id}  ok` : `${id}  ${why}`);
  if (failure !== undefined) throw failure;
}

/** Where the operator has a dead letter. */
export function pathOf(id: string): string {
  return `/v1/dead-letters/${encodeURIComponent(id)}`;
}
