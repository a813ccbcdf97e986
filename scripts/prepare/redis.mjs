import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../run-command.mjs';
import { UserError } from '../user-error.mjs';
import { cachedRedis, fetchDebianRedis } from './redis-debian.mjs';
import { tryProgram } from './redis-version.mjs';

/** Where a package manager puts programs that are not always on PATH. */
const USUAL_FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/opt/homebrew/opt/valkey/bin'];
export const DOCKER_IMAGE = 'redis:8';

/**
 * @typedef {'path' | 'cached' | 'debian' | 'docker'} RedisMode where to look for a Redis; unset means all, in this order
 * @typedef {{ kind: 'program', path: string, version: string } | { kind: 'docker', image: string }} RedisProgram
 * @typedef {object} Search
 * @property {string} stateDir
 * @property {NodeJS.ProcessEnv} env
 * @property {readonly RedisMode[]} modes to try, in this order
 * @property {AbortSignal} signal
 */

/** @type {readonly RedisMode[]} */
export const REDIS_MODES = ['path', 'cached', 'debian', 'docker'];

/**
 * Finds a real Redis (7.0 or newer) or Valkey (8 or newer) to run, fetching one where the machine has none. Throws a
 * `UserError` that lists every way tried, why it failed, and what would mend it. Nothing on the system is changed.
 * @param {Search} search
 * @returns {Promise<RedisProgram>}
 */
export async function findRedis(search) {
  /** @type {string[]} */
  const failures = [];
  for (const mode of search.modes) {
    const found = await WAYS[mode](search);
    if (typeof found !== 'string') return found;
    failures.push(`  ${mode.padEnd(7)} ${found.replaceAll('\n', '\n          ')}`);
  }
  throw new UserError(
    [
      'There is no Redis to run. What was tried:',
      ...failures,
      '',
      'Any one of these mends it:',
      '  apt-get install redis-server      (Debian, Ubuntu; as root)',
      '  brew install redis                (macOS)',
      '  REDIS_URL=redis://… npm start     (a Redis you run, 7.0 or newer, or Valkey 8)',
    ].join('\n'),
  );
}

/** Each way answers with what it found, or with the reason why it found nothing. */
const WAYS = {
  path: findOnPath,
  cached: findCached,
  debian: fetchDebianRedis,
  docker: findDocker,
};

/**
 * @param {Search} search
 * @returns {Promise<RedisProgram | string>}
 */
async function findOnPath({ env, signal }) {
  const named = env.MILLRACE_REDIS_SERVER;
  const folders = [...(env.PATH ?? '').split(':'), ...USUAL_FOLDERS].filter(Boolean);
  const candidates = ['redis-server', 'valkey-server'].flatMap((name) => folders.map((folder) => join(folder, name)));
  const present = [...new Set(named ? [named] : candidates)].filter((path) => existsSync(path));
  /** @type {string[]} */
  const refused = [];
  for (const path of present) {
    const found = await tryProgram(path, signal);
    if (typeof found !== 'string') return found;
    refused.push(found);
  }
  if (refused.length > 0) return refused.join('\n');
  return named
    ? `MILLRACE_REDIS_SERVER names ${named}, which is not there`
    : 'no redis-server or valkey-server on PATH';
}

/**
 * @param {Search} search
 * @returns {Promise<RedisProgram | string>}
 */
async function findCached({ stateDir, signal }) {
  const path = cachedRedis(stateDir);
  return existsSync(path) ? tryProgram(path, signal) : 'nothing was fetched before';
}

/**
 * @param {Search} search
 * @returns {Promise<RedisProgram | string>}
 */
async function findDocker({ signal }) {
  const answer = await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], { signal, limitMs: 5_000 });
  if (!answer.ok) return `no Docker engine answers: ${answer.output.split('\n').at(-1)}`;
  return { kind: 'docker', image: DOCKER_IMAGE };
}
