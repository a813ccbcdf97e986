import { sleep } from '@millrace/core';
import type { Command } from 'commander';
import type { HttpClient } from '../http-client.js';
import { colour, formatTable } from '../terminal.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { breakerOf, bySlowness, FIGURE_HEADS, figureCells, type ServerView } from './server-figures.js';

interface ToolView {
  readonly name: string;
  readonly annotations?: Readonly<Record<string, boolean>>;
  readonly pin: string;
  readonly changedAt?: string;
}

interface ToolsView {
  readonly listedAt: string | null;
  readonly isAsked: boolean;
  readonly isTrusted: boolean | null;
  readonly problem?: string;
  readonly items: readonly ToolView[];
}

/** A server that nobody has asked yet is waited for this long, in ms; and looked at this often. */
const MAX_WAIT_MS = 10_000;
const LOOK_EVERY_MS = 500;

/** `servers show`: one server, how it is doing, and its tools. */
export function addServerShow(servers: Command, context: CommandContext): void {
  withOperatorUrl(addCommand(servers, 'show <name>', 'one server: how it is doing, and what its tools are')).action(
    async (name: string, options: SharedOptions) => {
      const operator = operatorOf(context, options);
      const tools = await readTools(operator, name, context);
      const answer = await operator.request({ path: '/v1/servers', signal: context.signal });
      const server = (answer.body as { items: readonly ServerView[] }).items.find((one) => one.name === name);
      if (options.json) return context.terminal.out(JSON.stringify({ server: server ?? null, tools }));
      if (server === undefined) context.terminal.out(`${name}: no consumer that is alive has it`);
      else show(server, context);
      showTools(tools, server, context);
    },
  );
}

/** Waits for the answer of a server that is being asked for the first time. */
async function readTools(operator: HttpClient, name: string, { signal, terminal }: CommandContext): Promise<ToolsView> {
  const path = `/v1/servers/${encodeURIComponent(name)}/tools`;
  const startedAt = performance.now();
  while (true) {
    const known = (await operator.request({ path, signal })).body as ToolsView;
    const isKnown = known.listedAt !== null || known.problem !== undefined;
    if (isKnown || performance.now() - startedAt > MAX_WAIT_MS) {
      terminal.progress('');
      return known;
    }
    terminal.progress(`asking ${name} for its tools …`);
    await sleep(LOOK_EVERY_MS, signal);
  }
}

function show(server: ServerView, { terminal }: CommandContext): void {
  const { name, calls, lastMinute, paused } = server;
  terminal.out(
    formatTable([
      ['SERVER', 'BREAKER', 'UNDER WAY', ...FIGURE_HEADS],
      [name, breakerOf(server), String(calls), ...figureCells(lastMinute)],
    ]),
  );
  if (paused !== undefined) terminal.out(`paused since ${paused.at}`);
}

function showTools(known: ToolsView, server: ServerView | undefined, { terminal }: CommandContext): void {
  const { items, listedAt, isTrusted, problem } = known;
  if (problem !== undefined) terminal.note(problem);
  if (listedAt === null) {
    terminal.note('it has not told its tools yet; a consumer asks it');
    return;
  }
  const figuresOf = ({ name }: ToolView) => server?.tools?.find(({ tool }) => tool === name);
  const sorted = items.toSorted((one, other) => bySlowness(figuresOf(one), figuresOf(other)));
  const rows = sorted.map((tool) => [
    tool.name,
    ...figureCells(figuresOf(tool)),
    hintsOf(tool),
    tool.pin === 'changed' || tool.pin === 'new' ? colour('red', tool.pin) : tool.pin,
    tool.changedAt ?? '-',
  ]);
  terminal.out('');
  terminal.out(formatTable([['TOOL', ...FIGURE_HEADS, 'SAYS IT IS', 'PINNED', 'CHANGED'], ...rows]));
  terminal.note(`listed ${listedAt}; its hints are ${isTrusted ? '' : 'not '}believed`);
}

function hintsOf({ annotations = {} }: ToolView): string {
  const { readOnlyHint, idempotentHint, destructiveHint } = annotations;
  if (readOnlyHint) return 'read-only';
  return [idempotentHint && 'idempotent', destructiveHint !== false && 'destructive'].filter(Boolean).join(', ') || '-';
}
