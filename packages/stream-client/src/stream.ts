import type { Redis } from 'ioredis';
import { type ConnectionSettings, isConnected, openConnection, send } from './connection.js';
import { StreamError } from './errors.js';
import { createGroup } from './group.js';
import { createKeys, type Keys } from './keys.js';
import { defineScripts } from './scripts.js';

/** When a write counts as made: once it is in Redis' memory, or once it is on Redis' disk. */
export type Durability = 'memory' | 'fsync';

/** Everything about a stream that a deployment decides. */
export interface StreamSettings extends ConnectionSettings {
  /** Front of every key. Deployments that share a Redis use different ones. Default `millrace`. */
  readonly namespace: string;
  /** Default `fsync`. */
  readonly durability: Durability;
  /** How long an identity is remembered after its event is finished, in ms: a repeat within it is a duplicate. Default 1 h. */
  readonly identityTtlMs: number;
  /** How long a record can be read after its event is finished, in ms. At least `identityTtlMs`. Default 24 h. */
  readonly recordTtlMs: number;
}

/** What is left out takes these values. */
const DEFAULTS = {
  namespace: 'millrace',
  durability: 'fsync',
  tlsCa: undefined,
  clientName: 'millrace',
  connectTimeoutMs: 10_000,
  identityTtlMs: 3_600_000,
  recordTtlMs: 86_400_000,
} as const;

/** The settings that have to be given: where Redis is. */
export type StreamOptions = Pick<StreamSettings, 'redisUrl'> & Partial<StreamSettings>;

/** One partition's stream: its keys, its settings and the connection for short commands. */
export interface Stream {
  readonly keys: Keys;
  readonly settings: StreamSettings;
  readonly redis: Redis;
  /** Whether Redis is connected, as far as this side knows. Does not wait. */
  isReady(): boolean;
  /** Closes the connection. Commands still unanswered reject. */
  close(): Promise<void>;
}

/**
 * Opens the stream and makes sure that its consumer group exists, reading from the very first event. Throws
 * STREAM_UNAVAILABLE when Redis does not answer in time, STREAM_UNSUITABLE when it is older than 7.0, may evict keys, or
 * does not keep what the durability promises: the process then refuses to promise it either.
 */
export async function openStream(options: StreamOptions): Promise<Stream> {
  const settings = { ...DEFAULTS, ...options };
  const redis = await openConnection(settings, 'commands');
  try {
    await checkServer(redis, settings.durability);
    defineScripts(redis);
    const stream: Stream = {
      keys: createKeys(settings.namespace, '0'),
      settings,
      redis,
      isReady: () => isConnected(redis),
      close: async () => redis.disconnect(),
    };
    await createGroup(stream);
    return stream;
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

async function checkServer(redis: Redis, durability: Durability): Promise<void> {
  const info = await send('INFO', redis.info());
  const major = Number(/^(?:valkey|redis)_version:(\d+)\./m.exec(info)?.[1]);
  const problems: string[] = [];
  if (!(major >= 7)) problems.push(`version ${major} is too old, 7.0 is needed`);
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy !== 'noeviction') problems.push(`maxmemory-policy is ${policy}, so it may drop events; set noeviction`);
  if (durability === 'fsync') problems.push(...(await findDurabilityProblems(redis, info)));
  if (problems.length > 0) throw new StreamError('STREAM_UNSUITABLE', `Redis cannot be used: ${problems.join('; ')}`);
}

async function findDurabilityProblems(redis: Redis, info: string): Promise<string[]> {
  const mend = 'or set MILLRACE_DURABILITY=memory and accept the loss of the last seconds in a crash';
  if (/^aof_enabled:(\d)/m.exec(info)?.[1] !== '1') return [`the append-only file is off: set appendonly yes, ${mend}`];
  const policy = await askFsyncPolicy(redis);
  if (policy === undefined || policy === 'always') return [];
  return [`appendfsync is ${policy}: set appendfsync always, ${mend}`];
}

async function askFsyncPolicy(redis: Redis): Promise<string | undefined> {
  try {
    const [, policy] = (await redis.config('GET', 'appendfsync')) as string[];
    return policy;
  } catch (error) {
    // A Redis that forbids CONFIG, as our users do, cannot be asked; what its operator has set up is taken on trust.
    if (error instanceof Error && /^(NOPERM|ERR unknown)/.test(error.message)) return undefined;
    return send('CONFIG GET', Promise.reject(error));
  }
}
