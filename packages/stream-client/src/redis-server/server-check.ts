import type { Redis } from 'ioredis';
import { send } from '../connection/connection.js';
import type { Durability } from '../durability.js';

/** What a server was found to be. With neither problems nor lacks, writes on it are as durable as they are promised. */
export interface ServerFacts {
  /** What an operator has to mend. */
  readonly problems: readonly string[];
  /** What passes by itself: a replica that is away, a server that is no primary any more. */
  readonly lacks: readonly string[];
  readonly isReplica: boolean;
  /** Whether each write has to be waited for until it is on the server's disk, since its reply does not say so. */
  readonly waitsForDisk: boolean;
}

/** What a deployment asks of its Redis. */
export interface ServerDemands {
  readonly durability: Durability;
  /** How many replicas have to have each write. Counts with `replicated` alone. */
  readonly replicas: number;
  /** Whether it is to be a node of a Redis Cluster. */
  readonly isCluster: boolean;
}

const MEND = 'or set MILLRACE_DURABILITY=memory and accept the loss of the last seconds in a crash';

/** Asks a server what it is. Throws STREAM_UNAVAILABLE when it does not answer. */
export async function checkServer(
  redis: Redis,
  { durability, replicas, isCluster }: ServerDemands,
): Promise<ServerFacts> {
  const info = await send('INFO', redis.info());
  const isReplica = factIn(info, 'role') === 'slave';
  const disk = durability === 'memory' ? NOTHING_ABOUT_DISK : await checkDisk(redis, info);
  const lacks: string[] = [];
  if (isReplica) lacks.push('it is a replica and takes no writes');
  // One that still gets its first copy of the data is connected too, but has nothing to confirm.
  const connected = info.match(/^slave\d+:.*state=online/gm)?.length ?? 0;
  if (durability === 'replicated' && !isReplica && connected < replicas) {
    lacks.push(`${connected} of its replicas are there, ${replicas} must have every write`);
  }
  return {
    problems: [...checkServerItself(info, isCluster), ...disk.problems],
    lacks,
    isReplica,
    waitsForDisk: disk.waitsForDisk,
  };
}

function checkServerItself(info: string, isCluster: boolean): string[] {
  const problems: string[] = [];
  const major = Number(/^(?:valkey|redis)_version:(\d+)\./m.exec(info)?.[1]);
  if (!(major >= 7)) problems.push(`version ${major} is too old, 7.0 is needed`);
  const policy = factIn(info, 'maxmemory_policy');
  if (policy !== 'noeviction') problems.push(`maxmemory-policy is ${policy}, so it may drop events; set noeviction`);
  if (!isCluster && factIn(info, 'redis_mode') === 'cluster') {
    problems.push('it is a node of a Redis Cluster, which has to be named in REDIS_CLUSTER_NODES');
  }
  return problems;
}

interface DiskFacts {
  readonly problems: readonly string[];
  readonly waitsForDisk: boolean;
}

const NOTHING_ABOUT_DISK: DiskFacts = { problems: [], waitsForDisk: false };

async function checkDisk(redis: Redis, info: string): Promise<DiskFacts> {
  if (factIn(info, 'aof_enabled') !== '1') {
    return { problems: [`the append-only file is off: set appendonly yes, ${MEND}`], waitsForDisk: false };
  }
  const policy = await askFsyncPolicy(redis);
  if (policy === 'always') return NOTHING_ABOUT_DISK;
  if (await canWaitForDisk(redis)) return { problems: [], waitsForDisk: true };
  // A Redis that forbids CONFIG, as our users do, cannot be asked; what its operator has set up is taken on trust.
  if (policy === undefined) return NOTHING_ABOUT_DISK;
  return { problems: [`appendfsync is ${policy}: set appendfsync always, ${MEND}`], waitsForDisk: false };
}

/** When the server writes to its disk: `always`, `everysec`, `no`. Undefined where it may not be asked. */
export async function askFsyncPolicy(redis: Redis): Promise<string | undefined> {
  try {
    const [, policy] = (await redis.config('GET', 'appendfsync')) as string[];
    return policy;
  } catch (error) {
    if (isForbidden(error)) return undefined;
    return send('CONFIG GET', Promise.reject(error));
  }
}

/** WAITAOF came with Redis 7.2. Waiting for nobody is answered at once, wherever the command is known and allowed. */
async function canWaitForDisk(redis: Redis): Promise<boolean> {
  try {
    await redis.call('WAITAOF', 0, 0, 0);
    return true;
  } catch (error) {
    if (isForbidden(error)) return false;
    return send('WAITAOF', Promise.reject(error));
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof Error && /^(NOPERM|ERR unknown)/.test(error.message);
}

function factIn(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
}
