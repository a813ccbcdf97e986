import type { Command } from 'commander';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { type Filter, type FilterOptions, filterIn, noneOf, withFilter } from './dead-letter-options.js';
import { showList } from './show-list.js';

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
    if (options.json) return context.terminal.out(answer.text);
    const causes = answer.body as CausesView;
    showList(context, HEAD, causes.items.map(rowOf), noneOf(filter));
    sayMore(causes, filter, context);
  });
}

const HEAD = ['LETTERS', 'ROUTE', 'REASON', 'ERROR', 'LAST DIED', 'WHICH SAID'];

function rowOf({ count, route, reason, code, latest }: CauseView): readonly string[] {
  const said = cut(latest?.error?.message ?? '');
  return [String(count), route, reason ?? '?', code ?? '-', latest?.deadAt ?? '?', said];
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
