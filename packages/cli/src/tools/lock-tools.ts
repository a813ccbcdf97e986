import { readFile, writeFile } from 'node:fs/promises';
import type { ToolDescription } from '@millrace/mcp-client';
import { parseToolLock, type ToolLock } from '@millrace/routing';
import { CliError } from '../errors.js';
import { acceptChange, compareTools, type ToolChange } from './compare-tools.js';
import type { OpenServers } from './open-servers.js';

/** What is to be accepted: everything, or these, each as `server/tool`. */
export interface Accepting {
  readonly all: boolean;
  readonly named: readonly string[];
}

/** What the lock says now. */
export interface LockReport {
  readonly file: string;
  /** How many differences were accepted and written. */
  readonly accepted: number;
  /** Those that nobody has accepted. */
  readonly open: readonly ToolChange[];
}

/**
 * Compares the tools of every server with the lock in `file` and writes what is accepted; the first lock accepts all. Of a server
 * that is no longer configured every tool is gone; once all are accepted as such, the lock forgets the server. Throws
 * CLI_UNREACHABLE, having written nothing, when a server does not say what its tools are, and so CLI_USAGE when what is to
 * be accepted is neither a tool of today nor one of the lock.
 */
export async function lockTools(
  { names, caller }: OpenServers,
  file: string,
  { all, named }: Accepting,
  signal: AbortSignal,
): Promise<LockReport> {
  const before = await readLock(file);
  let lock: ToolLock = before ?? {};
  const former = Object.keys(lock).filter((server) => !names.includes(server));
  const open: ToolChange[] = [];
  const known = new Set<string>();
  let accepted = 0;
  for (const server of [...names, ...former]) {
    const tools = former.includes(server) ? [] : await listTools(caller, server, signal);
    for (const tool of tools) known.add(`${server}/${tool.name}`);
    for (const tool of Object.keys(lock[server] ?? {})) known.add(`${server}/${tool}`);
    for (const change of compareTools(server, tools, lock[server])) {
      if (before !== undefined && !all && !named.includes(`${server}/${change.tool}`)) open.push(change);
      else {
        lock = acceptChange(lock, change, tools);
        accepted += 1;
      }
    }
  }
  const isKept = ([server, tools]: [string, object]) => names.includes(server) || Object.keys(tools).length > 0;
  lock = Object.fromEntries(Object.entries(lock).filter(isKept));
  const strangers = named.filter((name) => !known.has(name));
  if (strangers.length > 0) throw noSuchTool(strangers, known);
  if (accepted > 0) await writeFile(file, `${JSON.stringify({ servers: lock }, undefined, 2)}\n`);
  return { file, accepted, open };
}

async function listTools(
  caller: OpenServers['caller'],
  server: string,
  signal: AbortSignal,
): Promise<readonly ToolDescription[]> {
  const listing = await caller.listTools(server, signal);
  if (listing.kind === 'ok') return listing.tools;
  throw new CliError('CLI_UNREACHABLE', `nothing was locked: ${listing.error.message}`);
}

function noSuchTool(strangers: readonly string[], known: ReadonlySet<string>): CliError {
  const names = [...known].sort().join(', ') || 'none';
  return new CliError(
    'CLI_USAGE',
    `nothing was locked: no tool is called ${strangers.join(' or ')}; there are: ${names}`,
  );
}

async function readLock(file: string): Promise<ToolLock | undefined> {
  try {
    return parseToolLock(await readFile(file, 'utf8'), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CliError('CLI_USAGE', error instanceof Error ? error.message : String(error), { cause: error });
  }
}
