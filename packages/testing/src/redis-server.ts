import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endWithThisProcess } from './end-with-this-process.js';
import { freePort } from './free-port.js';
import { waitUntil } from './wait-until.js';

/** A real redis-server of a test's own, with every write on disk before it is answered. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Its data directory. */
  readonly dir: string;
  readonly isRunning: boolean;
  /** SIGKILL, as a crash would; the data stay for `restart`. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data, from now on with these arguments where they are given. */
  restart(extraArgs?: readonly string[]): Promise<void>;
  /** SIGSTOP: connections stay open and nothing is answered. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** Put in front of the program; it has to become the program (`exec`), so that signals reach Redis. */
  readonly wrapper?: readonly string[];
  /** Added to this process's environment: what a preloaded library reads. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts a private Redis and resolves once it answers. The program is `MILLRACE_REDIS_SERVER`, else `redis-server` on
 * PATH. `extraArgs` are appended to its command line, so they win.
 */
export async function startRedisServer(
  extraArgs: readonly string[] = [],
  options: RedisServerOptions = {},
): Promise<RedisServer> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'millrace-redis-'));
  let args = extraArgs;
  let child = await launch(port, dir, args, options);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const kill = async () => {
    if (hasEnded()) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    get pid() {
      return child.pid ?? 0;
    },
    get isRunning() {
      return !hasEnded();
    },
    kill,
    restart: async (newArgs = args) => {
      args = newArgs;
      child = await launch(port, dir, args, options);
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    stop: async () => {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function launch(
  port: number,
  dir: string,
  extraArgs: readonly string[],
  { wrapper = [], env = {} }: RedisServerOptions,
): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'yes'];
  args.push('--appendfsync', 'always', '--maxmemory-policy', 'noeviction', ...extraArgs);
  const [program = '', ...rest] = [...wrapper, process.env.MILLRACE_REDIS_SERVER ?? 'redis-server', ...args];
  const child = spawn(program, rest, { stdio: 'ignore', env: { ...process.env, ...env } });
  endWithThisProcess(child);
  const failed = new Promise<never>((_resolve, reject) => child.once('error', reject));
  await Promise.race([failed, waitUntil(() => answersPing(port), `redis-server answers on port ${port}`)]);
  return child;
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const finish = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('data', (chunk) => finish(chunk.toString().startsWith('+PONG')));
  });
}
