import { spawn } from 'node:child_process';
import { once } from 'node:events';

const MAX_OUTPUT_CHARS = 256 * 1024;
const LIMIT_MS = 10 * 60_000;

/**
 * @typedef {object} CommandResult
 * @property {boolean} ok it ran and exited 0
 * @property {string} output what it wrote to stdout and stderr, the last 256 Ki characters
 */

/**
 * Runs a program to its end and keeps what it says. Failing, or not existing, is an answer (`ok: false`), not a throw.
 * Past `limitMs` (default ten minutes) or when `signal` aborts, it is killed with everything it started.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, signal?: AbortSignal, limitMs?: number }} [options]
 * @returns {Promise<CommandResult>}
 */
export async function runCommand(command, args, { cwd, env = process.env, signal, limitMs = LIMIT_MS } = {}) {
  signal?.throwIfAborted();
  // In a group of its own, so that killing it leaves none of its children behind.
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (/** @type {Buffer} */ chunk) => {
    output = (output + chunk.toString()).slice(-MAX_OUTPUT_CHARS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const limit = AbortSignal.timeout(limitMs);
  const ended = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  const kill = () => child.pid !== undefined && killGroup(child.pid);
  ended.addEventListener('abort', kill, { once: true });
  try {
    const [code] = await once(child, 'close');
    if (limit.aborted) output += `\n${command} was stopped after ${limitMs / 1_000} s`;
    return { ok: code === 0, output: output.trim() };
  } catch (error) {
    return { ok: false, output: String(error) };
  } finally {
    ended.removeEventListener('abort', kill);
    signal?.throwIfAborted();
  }
}

/**
 * Runs a program on this terminal and resolves with its exit code. SIGTERM and SIGHUP are handed on to it; Ctrl-C
 * reaches it from the terminal.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env: NodeJS.ProcessEnv, signal: AbortSignal }} options
 */
export async function runOnTerminal(command, args, { env, signal }) {
  signal.throwIfAborted();
  const child = spawn(command, args, { env, stdio: 'inherit' });
  const stop = () => child.kill(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const [code] = await once(child, 'close');
  signal.throwIfAborted();
  return typeof code === 'number' ? code : 1;
}

/**
 * SIGKILL to a process group. One that has ended already is fine.
 * @param {number} pid of the group's leader
 */
export function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}
