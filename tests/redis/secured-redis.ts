import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort, waitUntil } from '@millrace/testing';

const program = process.env.MILLRACE_REDIS_SERVER ?? 'redis-server';
const shipped = join(import.meta.dirname, '../../infra/redis/tls.conf');

/** Why a Redis with TLS cannot be tested on this machine; undefined when it can. */
export function findMissing(): string | undefined {
  if (spawnSync('openssl', ['version']).status !== 0) return 'openssl is not on PATH';
  // Without a certificate a Redis that knows TLS says that it wants one; any other does not know the setting.
  const { stdout } = spawnSync(program, ['--port', '0', '--tls-port', '1'], { encoding: 'utf8', timeout: 10_000 });
  return /tls-cert-file/.test(stdout ?? '') ? undefined : `${program} was built without TLS`;
}

export interface SecuredRedis {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Starts a Redis as docs/operations.md does, with infra/redis/tls.conf on top of the usual; `folder` takes the place of
 * /etc/redis, and holds what the page wants to be there. Resolves once it listens.
 */
export async function startSecuredRedis(folder: string): Promise<SecuredRedis> {
  const port = await freePort();
  const conf = join(folder, 'tls.conf');
  await writeFile(conf, (await readFile(shipped, 'utf8')).replaceAll('/etc/redis', folder));
  const dir = join(folder, 'data');
  await mkdir(dir);
  const args = ['--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
  const child = spawn(program, [...args, '--include', conf, '--tls-port', String(port)], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  await waitUntil(async () => hasExited(child) || (await isListening(port)), `redis-server listens on port ${port}`);
  if (hasExited(child)) throw new Error(`${program} ended with code ${child.exitCode}`);
  return {
    port,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function hasExited({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
