import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { processIdentity } from '../process-identity.mjs';
import { killGroup } from '../run-command.mjs';
import { waitFor } from '../wait-for.mjs';

const STOP_LIMIT_MS = 5_000;

/** @typedef {{ name: string, pid: number, identity: string }} Running */

/**
 * Writes down which processes run, so that the next start finds them should this one be killed.
 * @param {string} path
 * @param {readonly { name: string, pid: number }[]} running
 */
export function rememberProcesses(path, running) {
  mkdirSync(dirname(path), { recursive: true });
  const known = running.map(({ name, pid }) => ({ name, pid, identity: processIdentity(pid) }));
  writeFileSync(`${path}.draft`, JSON.stringify(known, undefined, 2));
  renameSync(`${path}.draft`, path);
}

/**
 * Stops what an earlier start left running, in the order written down, Redis with its data safely on disk. A process
 * that merely got the same number since is left alone.
 * @param {string} path
 * @param {(line: string) => void} say
 */
export async function stopLeftovers(path, say) {
  for (const { name, pid, identity } of readProcesses(path)) {
    const isRunning = () => processIdentity(pid) === identity;
    if (!isRunning()) continue;
    say(`stopping ${name} (process ${pid}), left by an earlier start …`);
    process.kill(pid, 'SIGTERM');
    if (!(await waitFor(() => !isRunning(), { limitMs: STOP_LIMIT_MS }))) killGroup(pid);
  }
  rmSync(path, { force: true });
}

/**
 * @param {string} path
 * @returns {Running[]}
 */
function readProcesses(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
}
