import type { Command } from 'commander';
import { CliError } from '../errors.js';
import { confirm } from './confirm.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { addCauses } from './dead-letter-causes.js';
import { addJobCommands, countMatches, runJob } from './dead-letter-jobs.js';
import { choose, type FilterOptions, filterIn, noneOf, withFilter } from './dead-letter-options.js';
import { redriveLike, showDeadLetter, type WholeDeadLetterView } from './show-dead-letter.js';
import { showList } from './show-list.js';
import { pathOf, steerEach } from './steer-each.js';
import { whole } from './whole-number.js';

const MAX_LIMIT = 200;
const MAX_RATE = 1_000;

interface ListOptions extends FilterOptions {
  readonly limit: number;
  readonly cursor?: string;
}

interface SteerOptions extends FilterOptions {
  readonly rate?: number;
  readonly dryRun?: true;
  readonly detach?: true;
  readonly yes?: true;
}

interface ResolveOptions extends SharedOptions {
  readonly note?: string;
  readonly result?: string;
}

/** A dead letter as the operator lists it. */
interface DeadLetterView {
  readonly id: string;
  readonly route: string;
  readonly deadAt: string;
  readonly reason?: string;
  readonly attempts: number;
  readonly error?: { readonly code: string; readonly message: string; readonly class?: string };
  readonly event: { readonly id?: string; readonly type?: string } | null;
}

/** `dead-letters …`: looking at what was given up, and deciding about one or about many. */
export function addDeadLetters(program: Command, context: CommandContext): void {
  const deadLetters = program.command('dead-letters').description('deliveries that were given up');
  const add = (usage: string, summary: string) => withOperatorUrl(addCommand(deadLetters, usage, summary));

  withFilter(add('list', 'the latest first; several conditions must all be met'))
    .option('--limit <n>', `at most so many, 1 to ${MAX_LIMIT}`, whole(1, MAX_LIMIT), 50)
    .option('--cursor <cursor>', 'go on where a list ended')
    .action((options: ListOptions) => listPage(options, context));

  addCauses(deadLetters, context);

  add('show <id>', 'one of them, with its event').action(async (id: string, options: SharedOptions) => {
    const answer = await operatorOf(context, options).request({ path: pathOf(id), signal: context.signal });
    if (options.json) return context.terminal.out(answer.text);
    showDeadLetter(answer.body as WholeDeadLetterView, context);
  });

  withFilter(add('redrive [id...]', 'send them round again: some, or all that meet the conditions, as a job'))
    .option('--all', 'every dead letter')
    .option('--rate <n>', 'of a job: letters per second', whole(1, MAX_RATE))
    .option('--dry-run', 'of a job: say how many there are, and do no more')
    .option('--detach', 'of a job: do not wait for its end')
    .action((ids: string[], options: SteerOptions) => redrive(ids, options, context));

  withFilter(add('discard [id...]', 'give them up for good: some, or all that meet the conditions, as a job'))
    .option('--all', 'every dead letter')
    .option('--rate <n>', 'of a job: letters per second', whole(1, MAX_RATE))
    .option('--dry-run', 'of a job: say how many there are, and do no more')
    .option('--detach', 'of a job: do not wait for its end')
    .option('--yes', 'do not ask; needed where nobody can be asked')
    .action((ids: string[], options: SteerOptions) => discard(ids, options, context));

  add('resolve <id>', 'declare it done, because you know that it was; nothing is called')
    .option('--note <text>', 'how you know; kept in the record and the audit list')
    .option('--result <json>', 'what the record shall show as its result')
    .action(async (id: string, options: ResolveOptions) => {
      const json = JSON.stringify({ note: options.note, result: parseResult(options.result) });
      const request = { method: 'POST', path: `${pathOf(id)}/resolve`, json, signal: context.signal } as const;
      const answer = await operatorOf(context, options).request(request);
      const { resolvedFrom = '?' } = answer.body as { resolvedFrom?: string };
      context.terminal.out(options.json ? answer.text : `${id}  done, was ${resolvedFrom}`);
    });

  addJobCommands(deadLetters, context);
}

async function listPage(options: ListOptions, context: CommandContext): Promise<void> {
  const filter = filterIn(options);
  const query = new URLSearchParams({ limit: String(options.limit), ...filter });
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
    error?.class ?? '',
    error?.code ?? '',
    deadAt,
  ]);
  const header = ['ID', 'ROUTE', 'EVENT', 'REASON', 'ATTEMPTS', 'CLASS', 'ERROR', 'DEAD SINCE'];
  showList(context, header, rows, noneOf(filter));
  if (next !== undefined)
    context.terminal.note(`there are more: --cursor ${next}; what all of them died of: dead-letters causes`);
  const [first] = items;
  if (first === undefined) return;
  context.terminal.note(`why: dead-letters show ${first.id}`);
  context.terminal.note(`once that is mended, all like it: ${redriveLike(first)}`);
}

async function redrive(ids: readonly string[], options: SteerOptions, context: CommandContext): Promise<void> {
  const chosen = choose(ids, options);
  const { signal } = context;
  if ('ids' in chosen) {
    refuseJobOptions(options);
    return steerEach(ids, options, context, {
      steer: (operator, id) => operator.request({ method: 'POST', path: `${pathOf(id)}/redrive`, signal }),
      did: 'redriven',
    });
  }
  const { filter } = chosen;
  if (options.dryRun)
    return showCount(await countMatches(operatorOf(context, options), filter, signal), options, context);
  await runJob('redrives', { filter, rate: options.rate }, options, context);
}

async function discard(ids: readonly string[], options: SteerOptions, context: CommandContext): Promise<void> {
  const chosen = choose(ids, options);
  const { signal, terminal } = context;
  const isGiven = options.yes === true;
  if ('ids' in chosen) {
    refuseJobOptions(options);
    await confirm(terminal, isGiven, `give up ${ids.length} dead letter(s) for good`);
    return steerEach(ids, options, context, {
      steer: (operator, id) => operator.request({ method: 'DELETE', path: pathOf(id), signal }),
      did: 'given up',
    });
  }
  const { filter } = chosen;
  const matched = await countMatches(operatorOf(context, options), filter, signal);
  if (options.dryRun) return showCount(matched, options, context);
  await confirm(terminal, isGiven, `give up ${matched} dead letter(s) for good`);
  // The operator refuses when there is another number of them by now.
  await runJob('purges', { filter, rate: options.rate, expect: matched }, options, context);
}

function showCount(matched: number, { json }: SharedOptions, { terminal }: CommandContext): void {
  terminal.out(json ? JSON.stringify({ dryRun: true, matched }) : `${matched} dead letter(s)`);
}

function refuseJobOptions({ rate, dryRun, detach }: SteerOptions): void {
  if (rate === undefined && !dryRun && !detach) return;
  throw new CliError('CLI_USAGE', '--rate, --dry-run and --detach are for conditions and --all, not for ids');
}

function parseResult(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError('CLI_USAGE', `--result is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
}
