import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Stage } from './stage.ts';

const cli = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));

/** How a command ended; `code` is undefined for one that was killed. */
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

/** Starts the real `millrace` against the system of a stage. It ends with the scenario. */
export function startCommand({ system, signal }: Stage, args: readonly string[]): RunningCommand {
  const env = {
    PATH: process.env.PATH ?? '',
    MILLRACE_URL: system.producerUrl,
    MILLRACE_OPERATOR_URL: system.operator.url,
  };
  const child = spawn(process.execPath, [cli, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  const end = async (): Promise<CommandEnd> => {
    const [[code], out, notes] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
    signal.removeEventListener('abort', kill);
    return { code: code ?? undefined, out, notes };
  };
  return { ended: end(), kill };
}
