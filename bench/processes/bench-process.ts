import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A process under measurement: one of our services from `dist`, or a peer. */
export interface BenchProcess {
  readonly port: number;
  readonly pid: number;
  /** SIGSTOP: it uses no time at all until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Tells a peer to do its work so many times; resolves when it says that it is done. */
  run(count: number): Promise<void>;
  stop(): Promise<void>;
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Starts a service of ours and resolves once it is ready. Its warnings are not shown: being frozen costs it a connection now and then. */
export function startService(name: string, env: Readonly<Record<string, string>>): Promise<BenchProcess> {
  return start(`services/${name}/dist/main.js`, { NODE_ENV: 'production', LOG_LEVEL: 'error', ...env });
}

/** Starts a file of `peers/` and resolves once it is ready. */
export function startPeer(name: string, env: Readonly<Record<string, string>>): Promise<BenchProcess> {
  return start(`bench/peers/${name}.ts`, { NODE_ENV: 'production', ...env });
}

async function start(file: string, env: Readonly<Record<string, string>>): Promise<BenchProcess> {
  const child = spawn(process.execPath, process.env.BENCH_NODE_OPTIONS?.split(' ').concat(file) ?? [file], {
    cwd: root,
    // Nothing of the machine's own settings may leak in.
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code}`);
  });
  ended.catch(ignore);
  const [ready] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
  return {
    port: ready.port,
    pid: child.pid ?? 0,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    run: async (count) => {
      const done = once(child, 'message');
      child.send({ run: count });
      await Promise.race([done, ended]);
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The end of a process that is meant to end is nobody's error. */
function ignore(): void {}

/** What a process has had of the cores since its start, in µs, all its threads together. */
export interface CoreTime {
  readonly used: number;
  /** While it had something to do and every core was somebody else's. */
  readonly waited: number;
}

/**
 * By the scheduler's own account. Unlike elapsed time, what was used hardly depends on what else the machine does. Undefined
 * where there is no such account.
 */
export function coreTimeOf(pid: number): CoreTime | undefined {
  try {
    const accounts = readdirSync(`/proc/${pid}/task`).map((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ').map(Number),
    );
    const sumOf = (at: number) => accounts.reduce((sum, account) => sum + (account[at] ?? 0), 0) / 1_000;
    return { used: sumOf(0), waited: sumOf(1) };
  } catch {
    return undefined;
  }
}

/** Time on a core alone. */
export function cpuMicrosOf(pid: number): number | undefined {
  return coreTimeOf(pid)?.used;
}
