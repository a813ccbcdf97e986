import type { Command } from 'commander';
import { EXIT } from '../errors.js';
import { colour } from '../terminal.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { showList } from './show-list.js';

interface ProblemView {
  readonly file: string;
  readonly line: number;
  readonly detail: string;
}

/** What can become of an attempt, in the order in which it is told. */
const FATES = ['done', 'retried', 'waiting', 'parked', 'dead', 'expired'] as const;

interface RouteView {
  readonly id: string;
  readonly on?: unknown;
  readonly target?: {
    readonly kind: string;
    readonly server?: string;
    readonly equivalents?: readonly string[];
    readonly tool?: string;
    readonly file?: string;
    readonly model?: string;
  };
  readonly delivery?: string;
  readonly announced: boolean;
  readonly lastMinute?: Readonly<Record<(typeof FATES)[number] | 'perSecond', number>>;
  readonly paused?: { readonly at: string };
  readonly problems: readonly ProblemView[];
}

interface RoutesView {
  readonly items: readonly RouteView[];
  readonly configuration: {
    readonly state: string;
    readonly folder: string;
    readonly detail?: string;
    readonly problems?: readonly ProblemView[];
  };
}

const HEAD = ['ROUTE', 'ON', 'DOES', 'DELIVERY', 'ANNOUNCED', 'LAST MINUTE', 'PER SECOND', 'PAUSED'];

/** `routes list`: the routes as the operator reads them. Ends with 1 where its configuration is broken or not there. */
export function addListRoutes(routes: Command, context: CommandContext): void {
  const list = addCommand(routes, 'list', 'the routes as the operator reads them, and whether they are at work');
  withOperatorUrl(list).action(async (options: SharedOptions) => {
    const answer = await operatorOf(context, options).request({ path: '/v1/routes', signal: context.signal });
    const { items, configuration } = answer.body as RoutesView;
    if (configuration.state !== 'read') context.exitWith(EXIT.no);
    if (options.json) return context.terminal.out(answer.text);
    const rows = items.map(({ id, on, target, delivery, announced, lastMinute, paused }) => [
      id,
      on === undefined ? '?' : describeFilter(on),
      target === undefined ? '?' : describeTarget(target),
      delivery ?? '?',
      announced ? 'yes' : 'no',
      lastMinute === undefined ? '?' : describeCounts(lastMinute),
      lastMinute === undefined ? '?' : lastMinute.perSecond.toFixed(1),
      paused?.at ?? '-',
    ]);
    showList(context, HEAD, rows, 'there is no route: events are accepted, and nothing is done about them');
    for (const { file, line, detail } of [...(configuration.problems ?? []), ...items.flatMap((one) => one.problems)])
      context.terminal.note(`${colour('red', '✗')} ${file}:${line} ${detail}`);
    if (configuration.detail !== undefined) context.terminal.note(`the operator ${configuration.detail}`);
  });
}

/** `type com.shop.order.created` for the simple filters, JSON for the others. */
function describeFilter(on: unknown): string {
  const conditions = Object.entries(Object(on));
  const isSimple = conditions.every(([, value]) => typeof value === 'string');
  return isSimple ? conditions.map(([name, value]) => `${name} ${String(value)}`).join(', ') : JSON.stringify(on);
}

/** `120 done, 3 retried, 1 dead`: only what there was. */
function describeCounts(counts: NonNullable<RouteView['lastMinute']>): string {
  const said = FATES.filter((fate) => counts[fate] > 0).map((fate) => `${counts[fate]} ${fate}`);
  return said.join(', ') || '-';
}

function describeTarget({
  kind,
  server,
  equivalents = [],
  tool,
  file,
  model,
}: NonNullable<RouteView['target']>): string {
  const what = [server, ...equivalents].filter((name) => name !== undefined).join(' or ');
  return [kind, what, tool ?? file ?? model].filter((part) => part !== undefined && part !== '').join(' ');
}
