import { type Command, InvalidArgumentError } from 'commander';
import { CliError } from '../errors.js';
import type { HttpClient } from '../http-client.js';
import { formatTable } from '../terminal.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';

const MAX_LIMIT = 200;

interface ListOptions extends SharedOptions {
  readonly limit: number;
  readonly cursor?: string;
}

/** A dead letter as the operator lists it. */
interface DeadLetterView {
  readonly id: string;
  readonly route: string;
  readonly deadAt: string;
  readonly reason?: string;
  readonly attempts: number;
  readonly error?: { readonly code: string; readonly message: string };
  readonly event: { readonly id?: string; readonly type?: string } | null;
}

/** `dead-letters list`, `show`, `redrive` and `discard`. */
export function addDeadLetters(program: Command, context: CommandContext): void {
  const deadLetters = program.command('dead-letters').description('deliveries that were given up');
  const add = (usage: string, summary: string) => withOperatorUrl(addCommand(deadLetters, usage, summary));

  add('list', 'the latest first')
    .option('--limit <n>', `at most so many, 1 to ${MAX_LIMIT}`, parseLimit, 50)
    .option('--cursor <cursor>', 'go on where a list ended')
    .action(async (options: ListOptions) => {
      const query = new URLSearchParams({ limit: String(options.limit) });
      if (options.cursor !== undefined) query.set('cursor', options.cursor);
      const path = `/v1/dead-letters?${query.toString()}`;
      const answer = await operatorOf(context, options).request({ path, signal: context.signal });
      if (options.json) return context.terminal.out(answer.text);
      const { items, next } = answer.body as { items: readonly DeadLetterView[]; next?: string };
      const rows = items.map(({ id, route, event, reason, attempts, error, deadAt }) => [
        id,
        route,
        event?.id ?? '?',
        reason ?? '',
        String(attempts),
        error?.code ?? '',
        deadAt,
      ]);
      context.terminal.out(
        formatTable([['ID', 'ROUTE', 'EVENT', 'REASON', 'ATTEMPTS', 'ERROR', 'DEAD SINCE'], ...rows]),
      );
      if (next !== undefined) context.terminal.note(`there are more: --cursor ${next}`);
    });

  add('show <id>', 'one of them, with its event').action(async (id: string, options: SharedOptions) => {
    const answer = await operatorOf(context, options).request({ path: pathOf(id), signal: context.signal });
    context.terminal.out(options.json ? answer.text : JSON.stringify(answer.body, undefined, 2));
  });

  add('redrive <id...>', 'send them round again').action((ids: string[], options: SharedOptions) =>
    steerEach(ids, options, context, (operator, id) =>
      operator.request({ method: 'POST', path: `${pathOf(id)}/redrive`, signal: context.signal }),
    ),
  );

  add('discard <id...>', 'give them up for good').action((ids: string[], options: SharedOptions) =>
    steerEach(ids, options, context, (operator, id) =>
      operator.request({ method: 'DELETE', path: pathOf(id), signal: context.signal }),
    ),
  );
}

/** Steers one after the other, says what became of each, and fails at the end with the first failure. */
async function steerEach(
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

function pathOf(id: string): string {
  return `/v1/dead-letters/${encodeURIComponent(id)}`;
}

function parseLimit(value: string): number {
  const limit = Number(value);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new InvalidArgumentError(`must be a whole number from 1 to ${MAX_LIMIT}.`);
}
