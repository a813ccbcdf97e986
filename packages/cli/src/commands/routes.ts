import type { Event } from '@millrace/events';
import type { Preview, Route, ToolTarget } from '@millrace/routing';
import type { Command } from 'commander';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import type { FolderReport } from '../routes/check-folder.js';
import type { FetchTools } from '../routes/known-tools.js';
import { colour, formatTable } from '../terminal.js';
import { addCommand, type CommandContext, producerOf, type SharedOptions, withUrl } from './context.js';
import { addListRoutes } from './list-routes.js';
import { addPausing } from './pausing.js';
import { whole } from './whole-number.js';

interface FolderOptions extends SharedOptions {
  readonly config?: string;
}

interface CheckOptions extends FolderOptions {
  readonly servers: string;
  readonly saveTools?: string;
  readonly partitions?: number;
}

/** The record of an event, as far as it tells which routes it took. */
interface RecordView {
  readonly ref: string;
  readonly state: string;
  readonly event: unknown;
  readonly routes: readonly { readonly id: string; readonly state: string; readonly reason?: string }[];
}

/** `routes check`, `routes test`, `routes list`, `routes explain`, `routes pause` and `routes resume`. */
export function addRoutes(program: Command, context: CommandContext): void {
  const routes = program.command('routes').description('the configuration: is it right, and what would it do');
  const add = (usage: string, summary: string) =>
    addCommand(routes, usage, summary).option('--config <folder>', 'where routes.yaml is (MILLRACE_CONFIG)');

  add('check', 'check the whole configuration, also against the tools that the servers have')
    .option('--servers <from>', 'where tools are looked up: live, none, or a file of --save-tools', 'live')
    .option('--save-tools <file>', 'write down what the servers said, for where they cannot be reached')
    .option('--partitions <n>', 'how many the deployment has (MILLRACE_PARTITIONS)', whole(1, 4_096))
    .action(async (options: CheckOptions) => {
      const { partitions = context.config.partitions } = options;
      const { checkFolder, saveSnapshot } = await import('../routes/index.js');
      const fetchTools = await fetchFrom(options.servers, context);
      const report = await checkFolder(dirOf(options, context), { ...context.config, partitions }, fetchTools);
      if (options.saveTools !== undefined) await saveSnapshot(options.saveTools, report.tools);
      showReport(report, options, context);
      context.exitWith(exitCodeOf(report));
    });

  add('test <event.json>', 'which routes an event would take, and what they would call; nothing is sent').action(
    async (file: string, options: FolderOptions) => {
      const { readEvent } = await import('../routes/index.js');
      const event = await readEvent(file);
      const previews = await previewAll(await soundRoutes(options, context), event);
      if (options.json) context.terminal.out(JSON.stringify({ routes: previews }));
      else showPreviews(previews, context);
      const isFit = previews.some(({ kind }) => kind === 'call' || kind === 'handler' || kind === 'agent');
      context.exitWith(isFit && previews.every(({ kind }) => kind !== 'failed') ? EXIT.ok : EXIT.no);
    },
  );

  addListRoutes(routes, context);
  addPausing(routes, 'routes', context);
  withUrl(add('explain <ref>', 'why an event took each route or did not')).action(
    async (ref: string, options: FolderOptions) => {
      const path = `/v1/events/${encodeURIComponent(ref)}`;
      const answer = await producerOf(context, options).request({ path, signal: context.signal });
      const record = answer.body as RecordView;
      if (record.event === null) throw new CliError('CLI_REFUSED', `the record of ${ref} has lost its event`);
      const { parseEvent } = await import('../routes/index.js');
      const event = parseEvent(Buffer.from(JSON.stringify(record.event)), `the event of ${ref}`);
      const explained = explain(record, await previewAll(await soundRoutes(options, context), event));
      if (options.json) return context.terminal.out(JSON.stringify({ ref, state: record.state, routes: explained }));
      context.terminal.out(`${colour('bold', record.state)}  ref ${ref}  id ${event.id}  type ${event.type}`);
      const rows = explained.map(({ route, taken, why }) => [route, taken, why]);
      context.terminal.out(formatTable([['ROUTE', 'TAKEN', 'WHY'], ...rows]));
    },
  );
}

function dirOf({ config }: FolderOptions, context: CommandContext): string {
  return config ?? context.config.configDir;
}

async function fetchFrom(servers: string, { config, signal }: CommandContext): Promise<FetchTools> {
  const { askServers, NO_TOOLS, readSnapshot } = await import('../routes/index.js');
  if (servers === 'none') return async () => NO_TOOLS;
  return servers === 'live' ? askServers(config.environment, signal) : readSnapshot(servers);
}

/** The routes of a folder that has no problem in itself. Throws CLI_REFUSED: what is broken cannot be tried. */
async function soundRoutes(options: FolderOptions, context: CommandContext): Promise<readonly Route[]> {
  const { checkFolder, NO_TOOLS } = await import('../routes/index.js');
  const report = await checkFolder(dirOf(options, context), context.config, async () => NO_TOOLS);
  if (report.routes.length > 0 || report.problems.length === 0) return report.routes;
  throw new CliError('CLI_REFUSED', `the configuration has ${report.problems.length} problem(s): run \`routes check\``);
}

async function previewAll(routes: readonly Route[], event: Event): Promise<readonly Preview[]> {
  const { previewRoute } = await import('../routes/index.js');
  return Promise.all(routes.map((route) => previewRoute(route, event)));
}

function showReport(
  { problems, unchecked, routes }: FolderReport,
  { json }: CheckOptions,
  { terminal }: CommandContext,
) {
  if (json) return terminal.out(JSON.stringify({ problems, unchecked, routes: routes.length }));
  for (const { file, line, pointer, detail, mend } of problems) {
    terminal.out(`${colour('red', '✗')} ${file}:${line} ${colour('dim', pointer)}`);
    terminal.out(`  ${detail}`);
    if (mend !== undefined) terminal.out(`  → ${mend}`);
  }
  for (const line of unchecked) terminal.out(`${colour('yellow', '?')} ${line}`);
  const verdict = problems.length === 0 ? colour('green', 'no problems') : `${problems.length} problem(s)`;
  terminal.out(`${routes.length} sound route(s), ${verdict}`);
}

/** What could not be checked may be wrong or right: it cannot be told. */
function exitCodeOf({ problems, unchecked }: FolderReport): ExitCode {
  if (problems.length > 0) return EXIT.no;
  return unchecked.length > 0 ? EXIT.unknown : EXIT.ok;
}

function showPreviews(previews: readonly Preview[], { terminal }: CommandContext): void {
  const rows = previews.map((preview) => [preview.route, colourOf(preview), describePreview(preview)]);
  terminal.out(formatTable([['ROUTE', 'TAKEN', 'WHAT'], ...rows]));
}

function colourOf({ kind }: Preview): string {
  if (kind === 'no-match') return colour('dim', 'no');
  return kind === 'failed' ? colour('red', 'fails') : colour('green', 'yes');
}

function describePreview(preview: Preview): string {
  if (preview.kind === 'call')
    return `calls ${serversOf(preview.target)} ${preview.target.tool} ${JSON.stringify(preview.arguments)}`;
  if (preview.kind === 'handler') return `runs ${preview.file}`;
  if (preview.kind === 'agent')
    return `asks model ${preview.model}, which may call ${preview.tools.join(', ') || 'nothing'}`;
  if (preview.kind === 'failed') return `\`${preview.at}\`: ${preview.why}`;
  return preview.why;
}

function serversOf({ server, equivalents = [] }: ToolTarget): string {
  return [server, ...equivalents].join(' or ');
}

/** What the record says, and for what it does not name, what the configuration says today. */
function explain({ routes }: RecordView, previews: readonly Preview[]) {
  const known = new Map(previews.map((preview) => [preview.route, preview]));
  const taken = routes.map(({ id, state, reason }) => {
    const gone = known.has(id) ? [] : ['not in the configuration any more'];
    return { route: id, taken: 'yes', state, why: [state, reason, ...gone].filter(Boolean).join(', ') };
  });
  const others = previews.filter(({ route }) => routes.every(({ id }) => id !== route));
  const refused = others.map((preview) => {
    const why =
      preview.kind === 'no-match' ? preview.why : 'it would today: the configuration has changed, or it is under way';
    return { route: preview.route, taken: 'no', state: undefined, why };
  });
  return [...taken, ...refused];
}
