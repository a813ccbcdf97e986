import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ToolCallError, ToolDescription } from '@millrace/mcp-client';
import { type Command, InvalidArgumentError } from 'commander';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import { colour, formatTable } from '../terminal.js';
import type { ToolChange } from '../tools/compare-tools.js';
import type { OpenServers } from '../tools/open-servers.js';
import { addCommand, type CommandContext, type SharedOptions } from './context.js';

interface FolderOptions extends SharedOptions {
  readonly config?: string;
}
interface CallOptions extends FolderOptions {
  readonly args: string;
  readonly key?: string;
  readonly timeout: number;
}
interface LockOptions extends FolderOptions {
  readonly accept?: readonly string[];
  readonly acceptAll?: true;
}

/** `tools list`, `tools call` and `tools lock`: straight to the servers, past producer and consumers. */
export function addTools(program: Command, context: CommandContext): void {
  const tools = program.command('tools').description('the tools of the MCP servers in servers.yaml');
  const add = (usage: string, summary: string) =>
    addCommand(tools, usage, summary).option('--config <folder>', 'where servers.yaml is (MILLRACE_CONFIG)');

  add('list [server]', 'each tool, and what its server says about it').action(
    (server: string | undefined, options: FolderOptions) =>
      withServers(options, context, (servers) => list(servers, server, options, context)),
  );
  add('call <server> <tool>', 'call a tool once, now; nothing is recorded')
    .option('--args <json>', 'the arguments: JSON, or @file', '{}')
    .option('--key <key>', 'the idempotency key that travels with the call')
    .option('--timeout <seconds>', 'longest wait', toSeconds, 30)
    .action((server: string, tool: string, options: CallOptions) =>
      withServers(options, context, (servers) => call(servers, server, tool, options, context)),
    );
  add('lock', 'write down what the tools are; from then on one that changes is not called until it is accepted')
    .option('--accept <server/tool...>', 'accept these as they are now')
    .option('--accept-all', 'accept every tool as it is now')
    .action((options: LockOptions) => withServers(options, context, (servers) => lock(servers, options, context)));
}

async function withServers(
  options: FolderOptions,
  context: CommandContext,
  act: (servers: OpenServers) => Promise<void>,
): Promise<void> {
  // What speaks MCP takes half a second to load, and most commands do without.
  const { openServers } = await import('../tools/open-servers.js');
  const servers = await openServers(dirOf(options, context), context.config);
  try {
    await act(servers);
  } finally {
    await servers.caller.close();
  }
}

async function list(
  { names, caller }: OpenServers,
  only: string | undefined,
  { json }: FolderOptions,
  { terminal, signal, exitWith }: CommandContext,
): Promise<void> {
  if (only !== undefined && !names.includes(only)) throw unknownServer(only, names);
  const wanted = only === undefined ? names : [only];
  const listings = await Promise.all(
    wanted.map(async (server) => ({ server, listing: await caller.listTools(server, signal) })),
  );
  const found = listings.flatMap(({ server, listing }) =>
    listing.kind === 'ok' ? [[server, listing.tools] as const] : [],
  );
  for (const { listing } of listings) if (listing.kind === 'failed') terminal.note(listing.error.message);
  if (found.length < wanted.length) exitWith(EXIT.unusable);
  if (json) return terminal.out(JSON.stringify({ servers: Object.fromEntries(found) }));
  const rows = found.flatMap(([server, tools]) =>
    tools.map((tool) => [server, tool.name, hintsOf(tool), firstLine(tool.description ?? '')]),
  );
  terminal.out(formatTable([['SERVER', 'TOOL', 'SAYS IT IS', 'DESCRIPTION'], ...rows]));
}

async function call(
  { names, caller }: OpenServers,
  server: string,
  tool: string,
  { args, key, timeout, json }: CallOptions,
  { terminal, signal, exitWith }: CommandContext,
): Promise<void> {
  if (!names.includes(server)) throw unknownServer(server, names);
  const toolCall = { server, tool, arguments: await readArguments(args), idempotencyKey: key ?? randomUUID() };
  const outcome = await caller.call({ ...toolCall, timeoutMs: timeout * 1_000 }, signal);
  if (outcome.kind === 'failed') {
    const { code, message, class: callClass } = outcome.error;
    if (json) terminal.out(JSON.stringify({ code, class: callClass, message }));
    else terminal.note(`${code}: ${message}`);
    return exitWith(exitCodeOf(outcome.error));
  }
  const { content, structuredContent } = outcome.result;
  if (json) return terminal.out(JSON.stringify({ content, structuredContent }));
  terminal.out(structuredContent === undefined ? wordsOf(content) : JSON.stringify(structuredContent, undefined, 2));
}

async function lock(servers: OpenServers, options: LockOptions, context: CommandContext): Promise<void> {
  const { terminal, signal, exitWith } = context;
  const { lockTools } = await import('../tools/lock-tools.js');
  const accepting = { all: options.acceptAll === true, named: options.accept ?? [] };
  const report = await lockTools(servers, join(dirOf(options, context), 'tools.lock.json'), accepting, signal);
  const { file, accepted, open } = report;
  if (open.length > 0) exitWith(EXIT.no);
  if (options.json) return terminal.out(JSON.stringify(report));
  for (const change of open) showChange(change, context);
  terminal.out(`${file}: ${accepted} accepted, ${open.length} to be accepted`);
  if (open.length > 0) terminal.note('accept them with --accept <server/tool>, or --accept-all');
}

function showChange({ server, tool, kind, diff }: ToolChange, { terminal }: CommandContext): void {
  terminal.out(`${colour('yellow', kind)} ${server}/${tool}`);
  // A tool that is new is all difference: what it says is shown when it is listed.
  for (const line of kind === 'changed' ? diff : []) {
    terminal.out(`  ${colour(line.startsWith('-') ? 'red' : 'green', line)}`);
  }
}

async function readArguments(given: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(given.startsWith('@') ? await readFile(given.slice(1), 'utf8') : given);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new CliError('CLI_USAGE', `--args: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new CliError('CLI_USAGE', '--args: must be a JSON object');
}

/** What may have happened at the server is the question that a script has. */
function exitCodeOf({ class: callClass, code }: ToolCallError): ExitCode {
  if (callClass === 'unknown' || callClass === 'invalid-result') return EXIT.unknown;
  return callClass === 'not-sent' && code === 'TOOL_UNREACHABLE' ? EXIT.unusable : EXIT.no;
}

function unknownServer(server: string, names: readonly string[]): CliError {
  return new CliError('CLI_USAGE', `no server is called ${server}; configured: ${names.join(', ') || 'none'}`);
}

function dirOf({ config }: FolderOptions, { config: { configDir } }: CommandContext): string {
  return config ?? configDir;
}

function hintsOf({ annotations = {} }: ToolDescription): string {
  const { readOnlyHint, idempotentHint, destructiveHint } = annotations;
  if (readOnlyHint) return 'read-only';
  return [idempotentHint && 'idempotent', destructiveHint !== false && 'destructive'].filter(Boolean).join(', ');
}

function firstLine(text: string): string {
  const line = text.split('\n')[0] ?? '';
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

function wordsOf(content: readonly unknown[]): string {
  return content
    .map((part) => {
      const text = typeof part === 'object' && part !== null && 'text' in part ? part.text : undefined;
      return typeof text === 'string' ? text : JSON.stringify(part);
    })
    .join('\n');
}

function toSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError('must be a number of seconds, up to a day');
}
