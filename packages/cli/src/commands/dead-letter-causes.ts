import type { Command } from 'commander';
import { formatTable } from '../terminal.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { type Filter, type FilterOptions, filterIn, withFilter } from './dead-letter-options.js';

/** What several dead letters died of, as the operator counts them. */
interface CauseView {
  readonly route: string;
  readonly reason?: string;
  readonly code?: string;
  readonly count: number;
  /** The last of them to die; null where it has gone meanwhile. */
  readonly latest: {
    readonly id: string;
    readonly deadAt: string;
    readonly error?: { readonly code: string; readonly message: string };
  } | null;
}

interface CausesView {
  readonly items: readonly CauseView[];
  readonly matched: number;
  readonly scanned: number;
  readonly complete: boolean;
}

/** Characters of what the last error said: a row should stay one. */
const MAX_MESSAGE = 80;

/** `dead-letters causes`: what dead letters died of, the most frequent first, and how to go on. */
export function addCauses(deadLetters: Command, context: CommandContext): void {
  const causes = addCommand(deadLetters, 'causes', 'what they died of, the most frequent first; the same conditions');
  withOperatorUrl(withFilter(causes)).action(async (options: FilterOptions & SharedOptions) => {
    const filter = filterIn(options);
    const query = new URLSearchParams(filter).toString();
    const path = `/v1/dead-letters/causes${query === '' ? '' : `?${query}`}`;
    const answer = await operatorOf(context, options).request({ path, signal: context.signal });
    context.terminal.out(options.json ? answer.text : tableOf(answer.body as CausesView));
    if (!options.json) sayMore(answer.body as CausesView, filter, context);
  });
}

function tableOf({ items }: CausesView): string {
  const rows = items.map(({ count, route, reason, code, latest }) => [
    String(count),
    route,
    reason ?? '?',
    code ?? '-',
    latest?.deadAt ?? '?',
    cut(latest?.error?.message ?? ''),
  ]);
  return formatTable([['LETTERS', 'ROUTE', 'REASON', 'ERROR', 'LAST DIED', 'WHICH SAID'], ...rows]);
}

function sayMore(
  { items, matched, scanned, complete }: CausesView,
  filter: Filter,
  { terminal }: CommandContext,
): void {
  if (!complete) terminal.note(`there are more: these are of the latest ${scanned}; --since and --until narrow it`);
  const told = items.reduce((sum, { count }) => sum + count, 0);
  if (told < matched) terminal.note(`${matched - told} more died of rarer causes`);
  const [first] = items;
  if (first === undefined) return;
  if (first.latest !== null) terminal.note(`why: dead-letters show ${first.latest.id}`);
  const { route, reason, code } = first;
  // No condition says that there is none of these: without them, letters of other causes would be redriven, too.
  if (reason === undefined || code === undefined) return;
  const conditions = conditionsOf({ ...filter, route, reason, code });
  terminal.note(`once the first is mended, all like it: dead-letters redrive ${conditions}`);
}

/** As options, which a shell takes as they are. */
function conditionsOf(filter: Filter): string {
  return Object.entries(filter)
    .map(([name, value]) => `--${name} ${quote(value)}`)
    .join(' ');
}

function quote(value: string): string {
  return /^[\w.:/@%+-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;
}

function cut(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1)}…` : message;
}
