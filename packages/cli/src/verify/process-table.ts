import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { CliError } from '../errors.js';

/** A process of the system under test. `identity` tells it from another one that got its number later. */
export interface SystemProcess {
  readonly name: string;
  readonly pid: number;
  readonly identity: string;
}

const START_TIME_FIELD = 19; // of those after the closing bracket of the program's name; field 22 in proc(5)

/**
 * The processes that `npm start` has written down, and the only ones that `verify` ever signals. Whoever is stopped
 * through this table is let go by `resumeAll`.
 */
export class ProcessTable {
  readonly #path: string;
  readonly #stopped = new Map<number, SystemProcess>();

  /** Throws CLI_USAGE when there is no such file: then nothing runs here, or it was not started by `npm start`. */
  constructor(path: string) {
    this.#path = path;
    if (!existsSync(path)) {
      throw new CliError('CLI_USAGE', `${path} is not there: is the system running? For a deployment, give --url`);
    }
  }

  /** Those that run now: `redis`, or the consumers. Read anew every time, for killed ones are started again. */
  list(kind: 'redis' | 'consumer'): readonly SystemProcess[] {
    return readProcesses(this.#path).filter((one) => one.name.split(/-\d+$/)[0] === kind && isRunning(one));
  }

  /** SIGSTOP. False when it is gone. */
  stop(process: SystemProcess): boolean {
    if (!this.#signal(process, 'SIGSTOP')) return false;
    this.#stopped.set(process.pid, process);
    return true;
  }

  /** SIGCONT. */
  resume(process: SystemProcess): void {
    this.#stopped.delete(process.pid);
    this.#signal(process, 'SIGCONT');
  }

  /** SIGKILL, also to one that is stopped. False when it was gone before. */
  kill(process: SystemProcess): boolean {
    this.#stopped.delete(process.pid);
    return this.#signal(process, 'SIGKILL');
  }

  /** Lets everything go on that was stopped. To be called however a run ends. */
  resumeAll(): void {
    for (const process of this.#stopped.values()) this.resume(process);
  }

  #signal(target: SystemProcess, signal: NodeJS.Signals): boolean {
    if (!isRunning(target)) return false;
    try {
      return process.kill(target.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
      throw error;
    }
  }
}

function readProcesses(path: string): readonly SystemProcess[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as readonly SystemProcess[];
  } catch (error) {
    // The system was stopped meanwhile.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function isRunning({ pid, identity }: SystemProcess): boolean {
  return identityOf(pid) === identity;
}

/** When a process was started, as `npm start` writes it down; undefined when no such process runs. */
export function identityOf(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux') {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[START_TIME_FIELD];
  } catch {
    // Both ways of asking fail in one case only: there is no such process.
    return undefined;
  }
}
