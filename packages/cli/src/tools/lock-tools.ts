import { readFile, writeFile } from 'node:fs/promises';
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
 * Compares the tools of every server with the lock in `file` and writes what is accepted; the first lock accepts all. Throws
 * CLI_UNREACHABLE, having written nothing, when a server does not say what its tools are.
 */
export async function lockTools(
  { names, caller }: OpenServers,
  file: string,
  { all, named }: Accepting,
  signal: AbortSignal,
): Promise<LockReport> {
  const before = await readLock(file);
  let lock: ToolLock = before ?? {};
  const open: ToolChange[] = [];
  let accepted = 0;
  for (const server of names) {
    const listing = await caller.listTools(server, signal);
    if (listing.kind === 'failed') {
      throw new CliError('CLI_UNREACHABLE', `nothing was locked: ${listing.error.message}`);
    }
    for (const change of compareTools(server, listing.tools, lock[server])) {
      if (before !== undefined && !all && !named.includes(`${server}/${change.tool}`)) open.push(change);
      else {
        lock = acceptChange(lock, change, listing.tools);
        accepted += 1;
      }
    }
  }
  if (accepted > 0) await writeFile(file, `${JSON.stringify({ servers: lock }, undefined, 2)}\n`);
  return { file, accepted, open };
}

async function readLock(file: string): Promise<ToolLock | undefined> {
  try {
    return parseToolLock(await readFile(file, 'utf8'), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CliError('CLI_USAGE', error instanceof Error ? error.message : String(error), { cause: error });
  }
}
