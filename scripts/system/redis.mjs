import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { findRedis } from '../prepare/redis.mjs';
import { runCommand } from '../run-command.mjs';
import { UserError } from '../user-error.mjs';
import { findFreePort } from './ports.mjs';
import { askRedis } from './redis-command.mjs';

const USUAL_PORT = 6379;
const MIB = 1024 * 1024;

/**
 * @typedef {object} ProvidedRedis
 * @property {string} url for the services
 * @property {string} description for people, without a password
 * @property {import('./process-spec.mjs').ProcessSpec | undefined} spec undefined for a Redis that somebody else runs
 */

/**
 * The Redis of `npm start`: the one that `REDIS_URL` names, checked to answer, or one of our own on 127.0.0.1 that has
 * every write on disk before it is answered and never evicts. It is only described here, not started.
 * @param {{ root: string, stateDir: string, settings: import('./settings.mjs').Settings, env: NodeJS.ProcessEnv, signal: AbortSignal }} place
 * @returns {Promise<ProvidedRedis>}
 */
export async function provideRedis({ root, stateDir, settings, env, signal }) {
  if (settings.redisUrl !== undefined) return checkForeignRedis(settings.redisUrl);
  const program = await findRedis({ stateDir, env, modes: settings.redisModes, signal });
  const port = settings.redisPort ?? (await findFreePort(USUAL_PORT));
  const url = `redis://127.0.0.1:${port}`;
  const dataDir = join(stateDir, 'redis');
  mkdirSync(dataDir, { recursive: true });
  const base = { name: 'redis', stopOrder: 5, announces: false, isReady: () => answersPing(url), env };
  if (program.kind === 'program') {
    const args = [...describeArguments(dataDir), '--port', String(port), '--bind', '127.0.0.1'];
    const description = `${program.version} at ${url}`;
    return { url, description, spec: { ...base, command: program.path, args } };
  }
  const name = `millrace-redis-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`;
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const args = ['run', '--rm', '--name', name, '--publish', `127.0.0.1:${port}:${USUAL_PORT}`];
  args.push('--volume', `${dataDir}:/data`, '--user', user, program.image, 'redis-server');
  args.push(...describeArguments('/data'), '--protected-mode', 'no');
  // Killing the docker command does not kill the container.
  const cleanUp = async () => void (await runCommand('docker', ['rm', '--force', name], { limitMs: 10_000 }));
  return {
    url,
    description: `${program.image} in Docker at ${url}`,
    spec: { ...base, command: 'docker', args, cleanUp },
  };
}

/**
 * Half of the memory this process may use, so that a full Redis refuses writes before the machine runs out.
 * @param {string} dir
 */
function describeArguments(dir) {
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const maxMemory = Math.max(Math.floor(memory / 2 / MIB), 128);
  return [
    ...['--dir', dir, '--appendonly', 'yes', '--appendfsync', 'always', '--save', ''],
    // As infra/redis/redis.conf has it, and for its reasons.
    ...['--auto-aof-rewrite-min-size', '256mb', '--auto-aof-rewrite-percentage', '300'],
    ...['--maxmemory', `${maxMemory}mb`, '--maxmemory-policy', 'noeviction'],
  ];
}

/** @param {string} url */
async function answersPing(url) {
  try {
    return (await askRedis(url, ['PING'])) === 'PONG';
  } catch {
    // Not listening yet, or still loading its data: both mean not ready, and the caller's limit bounds them.
    return false;
  }
}

/**
 * @param {string} url
 * @returns {Promise<ProvidedRedis>}
 */
async function checkForeignRedis(url) {
  const { host } = new URL(url);
  try {
    const info = await askRedis(url, ['INFO', 'server']);
    const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1];
    const version = valkey ?? /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
    if (Number.parseInt(version, 10) >= (valkey === undefined ? 7 : 8)) {
      return {
        url,
        description: `${valkey === undefined ? 'Redis' : 'Valkey'} ${version} at ${host} (REDIS_URL)`,
        spec: undefined,
      };
    }
    throw new Error(`its version is ${version}; Redis 7.0 or Valkey 8 is needed`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `The Redis of REDIS_URL (${host}) cannot be used: ${reason}\nMend it, or unset REDIS_URL: then one is started for you.`,
    );
  }
}
