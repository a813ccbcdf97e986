import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const START_TIME_FIELD = 19; // of those after the closing bracket of the program's name; field 22 in proc(5)

/**
 * What tells a living process from another one that got its number later: when it was started. Undefined when no such
 * process runs; one that has ended and was not yet collected by its parent counts as not running.
 * @param {number} pid
 * @returns {string | undefined}
 */
export function processIdentity(pid) {
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
