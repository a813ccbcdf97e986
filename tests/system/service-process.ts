import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from '@millrace/testing';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One of our services as a real process, from `dist`. */
export interface ServiceProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly isRunning: boolean;
  /** The end of what it has written, both streams together. */
  readonly log: string;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGSTOP: its connections stay open and it does nothing. */
  freeze(): void;
  thaw(): void;
}

/**
 * Starts a service and resolves once it says that it is ready. Its log is shown when it ends before that. `nodeArgs` go
 * in front of the program.
 */
export async function startService(
  name: string,
  env: Readonly<Record<string, string>>,
  nodeArgs: readonly string[] = [],
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [...nodeArgs, `services/${name}/dist/main.js`], {
    cwd: root,
    // Nothing of the machine's own settings may leak in. A killed test leaves no service behind: supervised ones end with
    // whoever started them.
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'warn', MILLRACE_SUPERVISED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  endWithThisProcess(child);
  const log: string[] = [];
  const keep = (chunk: Buffer) => {
    log.push(chunk.toString());
    if (log.length > 200) log.shift();
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const { port } = await untilReady(name, child, log);
  return {
    port,
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${port}`,
    get isRunning() {
      return !hasEnded(child);
    },
    get log() {
      return log.join('');
    },
    kill: async () => {
      await end(child, 'SIGKILL');
    },
    stop: () => end(child, 'SIGTERM'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

async function untilReady(name: string, child: ChildProcess, log: readonly string[]): Promise<{ port: number }> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${name} ended with ${code} before it was ready:\n${log.join('')}`);
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(ignore);
  return message as { port: number };
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  if (hasEnded(child)) return child.exitCode;
  const exited = once(child, 'exit');
  child.kill(signal);
  const [code] = await exited;
  return code;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The end of a process that is meant to end is nobody's error. */
function ignore(): void {}
