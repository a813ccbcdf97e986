import type { ConnectionOptions } from 'node:tls';
import { withDeadline } from '@millrace/core';
import { Redis } from 'ioredis';
import { StreamError } from './errors.js';

/** Longest wait for the answer to one command, in ms. A frozen Redis costs a caller this much, never more. */
const COMMAND_TIMEOUT_MS = 2_000;
/** Silence after which a socket with an unanswered command is given up, in ms: longer than a read blocks plus a slow fsync. */
const SOCKET_TIMEOUT_MS = 10_000;

/** What a connection is used for: short commands, or reads that block and are bounded by the socket's silence instead. */
export type ConnectionUse = 'commands' | 'blocking';

/** Address of a Sentinel. */
export interface Sentinel {
  readonly host: string;
  readonly port: number;
}

/** Where Redis is, and how to know that it is the right one. */
export interface ConnectionSettings {
  /**
   * `redis://user:password@host:port`, or `rediss://` for TLS. Where there are Sentinels, the host is the name under which
   * they watch the primary, and there is no port.
   */
  readonly redisUrl: string;
  /** Who is asked where the primary is. Default: nobody, the URL says it. */
  readonly sentinels: readonly Sentinel[];
  /** What the Sentinels themselves ask for. Default undefined: nothing. */
  readonly sentinelPassword: string | undefined;
  /**
   * Certificates of the authorities, in PEM, of which one must have signed what Redis shows over TLS. Undefined: those
   * that Node knows. Default undefined.
   */
  readonly tlsCa: string | undefined;
  /** Shown in Redis' CLIENT LIST. Default `millrace`. */
  readonly clientName: string;
  /** How long to wait for a Redis that is still starting, in ms. Default 10 s. */
  readonly connectTimeoutMs: number;
}

/**
 * Opens a connection that keeps trying for as long as the process runs, and never sends a command twice: a command whose
 * answer is lost rejects at once, and whether it was carried out is for the caller to find out. Commands issued while
 * Redis is away reject at once. Rejects with STREAM_UNAVAILABLE, naming the last obstacle, when Redis has not let it in
 * within `connectTimeoutMs`: it may be away, refuse the password, or show a certificate that nobody vouches for.
 */
export async function openConnection(settings: ConnectionSettings, use: ConnectionUse): Promise<Redis> {
  const { redisUrl, clientName, connectTimeoutMs } = settings;
  const tls = tlsOf(settings);
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectionName: clientName,
    ...(tls === undefined ? {} : { tls }),
    ...sentinelOptions(settings, tls),
    // Nothing is re-sent or queued (with their defaults both append twice and report success).
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    connectTimeout: COMMAND_TIMEOUT_MS,
    ...(use === 'commands' ? { commandTimeout: COMMAND_TIMEOUT_MS } : {}),
    socketTimeout: SOCKET_TIMEOUT_MS,
    keepAlive: 10_000,
    noDelay: true,
    retryStrategy: pauseBeforeAttempt,
    // A Redis that loads its data says how long it will take; it may be done before.
    maxLoadingRetryTime: 500,
    // After a failover the old primary answers READONLY: reconnect, but do not re-send.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 1 : false),
    // A strict ACL on Redis 7.0 refuses CLIENT SETINFO.
    disableClientInfo: true,
    protocol: 2,
  });
  // Without a listener ioredis prints each connection error itself; state is told by isReady and by failing commands.
  let obstacle = '';
  redis.on('error', (error) => {
    obstacle = describeObstacle(error);
  });
  redis.on('end', () => beginAnew(redis));
  try {
    await withDeadline(untilReady(redis), connectTimeoutMs, () =>
      unavailable(`Redis at ${hostOf(redisUrl)} did not let us in within ${connectTimeoutMs} ms${obstacle}`),
    );
  } catch (error) {
    closeConnection(redis);
    throw error;
  }
  return redis;
}

/** Connections that are not wanted any more. */
const closed = new WeakSet<Redis>();

/** Closes a connection for good. Commands still unanswered reject. */
export function closeConnection(redis: Redis): void {
  closed.add(redis);
  redis.disconnect();
}

/**
 * ioredis 6.0 gives up for ever when its failover detector hears of a new primary while the connection is being made
 * again, which is just when it will.
 */
function beginAnew(redis: Redis): void {
  const timer = setTimeout(() => {
    if (!closed.has(redis) && redis.status === 'end') redis.connect().catch(ignoreConnectionError);
  }, pauseBeforeAttempt(6));
  timer.unref();
}

/** Jittered, so that processes which lost the same Redis do not come back to it in step. */
function pauseBeforeAttempt(attempt: number): number {
  return Math.random() * Math.min(1_000, 50 * 2 ** Math.min(attempt, 6));
}

/** Undefined without certificates of one's own: the URL then says whether there is TLS. */
function tlsOf({ tlsCa }: ConnectionSettings): ConnectionOptions | undefined {
  return tlsCa === undefined ? undefined : { ca: tlsCa };
}

/** The Sentinels are asked at each connect, and told to say at once when another server has become the primary. */
function sentinelOptions(settings: ConnectionSettings, tls: ConnectionOptions | undefined) {
  const { sentinels, sentinelPassword, redisUrl } = settings;
  if (sentinels.length === 0) return {};
  const isEncrypted = redisUrl.startsWith('rediss:');
  return {
    sentinels: [...sentinels],
    name: new URL(redisUrl).hostname,
    failoverDetector: true,
    sentinelCommandTimeout: COMMAND_TIMEOUT_MS,
    sentinelRetryStrategy: pauseBeforeAttempt,
    sentinelReconnectStrategy: pauseBeforeAttempt,
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(isEncrypted ? { enableTLSForSentinelMode: true, tls: tls ?? {}, sentinelTLS: tls ?? {} } : {}),
  };
}

/** Whether a command sent now would reach Redis, as far as this side knows. */
export function isConnected(redis: Redis): boolean {
  return redis.status === 'ready';
}

/**
 * Awaits one command and turns its failure into a STREAM_UNAVAILABLE that names what was being done. NOGROUP, and the
 * two ways in which Redis ends a blocked read of a vanished stream, become STREAM_GROUP_MISSING.
 */
export async function send<T>(what: string, command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (/^(NOGROUP|UNBLOCKED the stream)/.test(reason))
      throw new StreamError('STREAM_GROUP_MISSING', `${what}: ${reason}`, error);
    throw unavailable(`${what}: ${reason}`, error);
  }
}

function unavailable(message: string, cause?: unknown): StreamError {
  return new StreamError('STREAM_UNAVAILABLE', message, cause);
}

function untilReady(redis: Redis): Promise<void> {
  return new Promise((resolve) => {
    redis.once('ready', () => resolve());
    // The first attempt may fail while later ones succeed: the retry strategy goes on.
    redis.connect().catch(ignoreConnectionError);
  });
}

function ignoreConnectionError(): void {}

/** The text alone: the error of a refused password has that password among its arguments. */
function describeObstacle(error: Error & { readonly code?: string }): string {
  return `: ${error.message || error.code || error.name}`;
}

/** Host and port of a Redis URL, without user and password. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the given URL';
}
