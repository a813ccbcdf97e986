import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/**
 * Keeps a process on one core, the same one each time. A Redis that moves between cores, or shares one with who asks it by
 * chance, costs a fifth more or less from one run to the next. Where there is no `taskset`, it stays where it is.
 */
export async function keepOnOneCore(pid: number): Promise<void> {
  const { last } = allowedCores();
  if (last !== undefined) await keep(pid, last);
}

/**
 * Keeps this process, and what it starts, off that core until what is returned is called: waking somebody on another core takes
 * three times as long as on one's own, and in a system most are on another. Where there is only one core, it stays there.
 */
export async function leaveOneCore(): Promise<() => Promise<void>> {
  const { all, others } = allowedCores();
  if (others === '' || !(await keep(process.pid, others))) return async () => undefined;
  return async () => void (await keep(process.pid, all));
}

/** Those that this process may run on, as `taskset` has them. */
function allowedCores(): { readonly all: string; readonly last?: string; readonly others: string } {
  const all = /^Cpus_allowed_list:\s*(\S+)/m.exec(readStatus())?.[1] ?? '';
  const cores = coresIn(all);
  const last = cores.at(-1);
  return { all, others: cores.slice(0, -1).join(','), ...(last === undefined ? {} : { last: String(last) }) };
}

function readStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}

/** Such as `0-3,8`. */
function coresIn(list: string): number[] {
  return list
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_none, n) => first + n);
    });
}

async function keep(pid: number, cores: string): Promise<boolean> {
  return promisify(execFile)('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)]).then(
    () => true,
    () => false,
  );
}
