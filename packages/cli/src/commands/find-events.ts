import type { Command } from 'commander';
import { EXIT } from '../errors.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { showList } from './show-list.js';
import { whole } from './whole-number.js';

/** Conditions, by the names that the operator has for them. */
const CONDITIONS = [
  'type',
  'source',
  'subject',
  'key',
  'id',
  'ref',
  'state',
  'route',
  'since',
  'until',
  'text',
] as const;

type FindOptions = SharedOptions & { readonly limit: number; readonly cursor?: string } & {
  readonly [name in (typeof CONDITIONS)[number]]?: string;
};

interface EventView {
  readonly ref: string;
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly acceptedAt: string;
  readonly state: string;
  readonly routes: readonly { readonly id: string; readonly state: string }[];
}

interface Page {
  readonly items: readonly EventView[];
  readonly next?: string;
  readonly scannedTo?: string;
}

/** `events find`: looks through the events in retention, page after page, until there are enough. */
export function addFindEvents(events: Command, context: CommandContext): void {
  withOperatorUrl(addCommand(events, 'find', 'the events in retention that meet every condition, the latest first'))
    .option('--type <type>', 'a type, or the beginning of types with * after it')
    .option('--source <uri>', 'where it comes from')
    .option('--subject <subject>', 'what it is about')
    .option('--key <key>', 'its partition key')
    .option('--id <id>', 'its id; with --source it is found at once')
    .option('--ref <ref>', 'its ref')
    .option('--state <state>', 'of the event, or of one of its deliveries: open, retrying, parked, dead, done …')
    .option('--route <id>', 'a route that it took; --state is then that of this delivery')
    .option('--since <time>', 'accepted at this time or later, such as 2026-11-22T10:00:00Z')
    .option('--until <time>', 'accepted before this time')
    .option('--text <text>', 'stands somewhere in it, in its data too; upper and lower case are alike')
    .option('--limit <n>', 'at most so many, 1 to 200', whole(1, 200), 50)
    .option('--cursor <cursor>', 'go on where a search ended')
    .action(async (options: FindOptions) => {
      const { items, next } = await find(options, context);
      if (items.length === 0) context.exitWith(EXIT.no);
      const rest = next === undefined ? {} : { next };
      if (options.json) return context.terminal.out(JSON.stringify({ items, ...rest }));
      const rows = items.map((one) => [
        one.ref,
        one.acceptedAt,
        one.type,
        one.subject ?? '',
        one.state,
        one.routes.map(({ id, state }) => `${id} ${state}`).join(', '),
      ]);
      const head = ['REF', 'ACCEPTED', 'TYPE', 'SUBJECT', 'STATE', 'ROUTES'];
      showList(context, head, rows, 'no event in retention meets this');
      if (next !== undefined) context.terminal.note(`there may be more: --cursor ${next}`);
    });
}

/** A page of the operator looks at a bounded number of events; how far the search is, is shown meanwhile. */
async function find(options: FindOptions, context: CommandContext): Promise<Page> {
  const operator = operatorOf(context, options);
  const items: EventView[] = [];
  let next = options.cursor;
  do {
    const query = new URLSearchParams({ limit: String(options.limit - items.length) });
    for (const name of CONDITIONS) if (options[name] !== undefined) query.set(name, options[name]);
    if (next !== undefined) query.set('cursor', next);
    const answer = await operator.request({ path: `/v1/events?${query.toString()}`, signal: context.signal });
    const page = answer.body as Page;
    items.push(...page.items);
    next = page.next;
    context.terminal.progress(`${items.length} found, back to ${page.scannedTo ?? 'the beginning'}`);
  } while (next !== undefined && items.length < options.limit);
  context.terminal.progress('');
  return { items, ...(next === undefined ? {} : { next }) };
}
