import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type RedisServer, startRedisServer, TcpProxy, waitUntil } from '@millrace/testing';
import { Redis } from 'ioredis';
import { behindAddress } from './behind-address.ts';

const MASTER = 'mymaster';

/** A primary, its replicas, and an address that is pointed at whoever is the primary. */
export interface ReplicatedRedis {
  /** For `startSystem`: what is done to it is done to the primary, and its address follows the primary. */
  readonly server: RedisServer;
  readonly address: TcpProxy;
  /** All servers, the first primary first. */
  readonly nodes: readonly RedisServer[];
  /** Who the address leads to. */
  primary(): RedisServer;
  /** Has the address lead to another server. Connections that are open stay where they are, as with a moved name. */
  pointTo(node: RedisServer): void;
}

/** Starts a primary with replicas that have all of its data. They are stopped with `server`. */
export async function startReplicatedRedis(replicas: number): Promise<ReplicatedRedis> {
  const first = await startRedisServer(['--repl-diskless-sync-delay', '0']);
  const others = Array.from({ length: replicas }, () =>
    startRedisServer(['--repl-diskless-sync-delay', '0', '--replicaof', '127.0.0.1', String(first.port)]),
  );
  const nodes = [first, ...(await Promise.all(others))];
  await withRedis(first, (redis) =>
    waitUntil(async () => {
      const info = await redis.info('replication');
      return (info.match(/state=online/g)?.length ?? 0) === replicas;
    }, 'the replicas have everything'),
  );
  const address = await TcpProxy.open(first.port);
  let current = first;
  const server = behindAddress(
    address,
    () => current,
    nodes,
    () => Promise.all(nodes.map((node) => node.stop())),
  );
  return {
    server,
    address,
    nodes,
    primary: () => current,
    pointTo: (node) => {
      current = node;
      address.pointTo(node.port);
    },
  };
}

/** Sentinels that watch a primary, and what they say of it. */
export interface Sentinels {
  /** For `REDIS_URL` and `REDIS_SENTINELS`. */
  readonly env: Readonly<Record<string, string>>;
  /** The port of whom they take for the primary. */
  primaryPort(): Promise<number>;
  stop(): Promise<void>;
}

export async function startSentinels(primary: RedisServer, count: number): Promise<Sentinels> {
  const dir = await mkdtemp(join(tmpdir(), 'millrace-sentinels-'));
  const children: ChildProcess[] = [];
  const ports: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const port = await freePort();
    const file = join(dir, `sentinel-${port}.conf`);
    // A loaded machine must not look like a dead primary.
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${dir}`,
      `sentinel monitor ${MASTER} 127.0.0.1 ${primary.port} ${Math.floor(count / 2) + 1}`,
      `sentinel down-after-milliseconds ${MASTER} 3000`,
      `sentinel failover-timeout ${MASTER} 10000`,
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    const program = process.env.MILLRACE_REDIS_SERVER ?? 'redis-server';
    children.push(spawn(program, [file, '--sentinel'], { stdio: 'ignore' }));
    ports.push(port);
  }
  const asked = new Redis({ port: ports[0] ?? 0, host: '127.0.0.1', maxRetriesPerRequest: null });
  asked.on('error', ignore);
  await waitUntil(async () => {
    const info = await asked.info('sentinel');
    return info.includes(`sentinels=${count}`) && info.includes('status=ok') && !info.includes('slaves=0');
  }, 'the sentinels know each other and the replicas');
  return {
    env: { REDIS_URL: `redis://${MASTER}`, REDIS_SENTINELS: ports.map((port) => `127.0.0.1:${port}`).join(',') },
    primaryPort: async () => {
      const [, port] = (await asked.call('SENTINEL', 'get-master-addr-by-name', MASTER)) as [string, string];
      return Number(port);
    },
    stop: async () => {
      asked.disconnect();
      await Promise.all(children.map(endProcess));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Lends a connection of one's own to one server. */
export async function withRedis<T>(server: Pick<RedisServer, 'port'>, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ port: server.port, host: '127.0.0.1' });
  redis.on('error', ignore);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Whoever waits for an answer is told. */
function ignore(): void {}
