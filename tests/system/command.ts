import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { loadConfig, runCli } from '@millrace/cli';
import type { System } from './system.ts';

/** No command of a test takes longer, in ms. */
const MAX_RUN_MS = 120_000;

const root = fileURLToPath(new URL('../..', import.meta.url));

/** How a command ended, and what it printed; `code` is undefined for one that was killed. */
export interface CommandEnd {
  readonly code: number | undefined;
  readonly out: string;
  readonly notes: string;
}

export interface RunningCommand {
  readonly ended: Promise<CommandEnd>;
  /** SIGKILL. */
  kill(): void;
}

/**
 * Starts the real `millrace` beside this process, as a person off a terminal would, with these settings and no others.
 * It is killed when the signal aborts.
 */
export function startCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): RunningCommand {
  const child = spawn(process.execPath, ['packages/cli/dist/main.js', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => void child.kill('SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });
  const end = async (): Promise<CommandEnd> => {
    const [[code], out, notes] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
    signal?.removeEventListener('abort', kill);
    return { code: code ?? undefined, out, notes };
  };
  return { ended: end(), kill };
}

/** As `startCommand`, but within this process: what a process takes to begin adds up where there are many. */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandEnd> {
  const out: string[] = [];
  const notes: string[] = [];
  const terminal = {
    out: (line: string) => void out.push(line),
    note: (line: string) => void notes.push(line),
    progress: () => {},
    ask: async () => undefined,
  };
  const code = await runCli(args, { config: loadConfig(env), terminal, signal: AbortSignal.timeout(MAX_RUN_MS) });
  return { code, out: out.join('\n'), notes: notes.join('\n') };
}

/** The settings by which a command finds a system. */
export function settingsFor(system: System): Readonly<Record<string, string>> {
  return { MILLRACE_URL: system.producerUrl, MILLRACE_OPERATOR_URL: system.operator.url };
}
