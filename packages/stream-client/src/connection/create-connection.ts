import type { ConnectionOptions } from 'node:tls';
import { Redis } from 'ioredis';
import type { NodeAddress } from './cluster-refusal.js';
import { keepSockets } from './sockets.js';

/** Longest wait for the answer to one command, in ms. A frozen Redis costs a caller this much, never more. */
const COMMAND_TIMEOUT_MS = 2_000;
/** Silence after which a socket with an unanswered command is given up, in ms: longer than a read blocks plus a slow fsync. */
const SOCKET_TIMEOUT_MS = 10_000;

/**
 * What a connection is used for: short commands; writes, which are waited for until replicas or the disk have them; or
 * reads that block and are bounded by the socket's silence instead.
 */
export type ConnectionUse = 'commands' | 'writes' | 'blocking';

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
  /**
   * Nodes of a Redis Cluster; each knows all others. The URL then says user, password and whether there is TLS, and no
   * host. Default: none, it is no cluster.
   */
  readonly clusterNodes: readonly NodeAddress[];
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
  /** Opens connections in another way: those of the simulation lead to a model. Default: to where all this says. */
  readonly connect?: (use: ConnectionUse) => Promise<Redis>;
}

/** A connection to one Redis, as `openConnection` describes it, that has not begun to connect. */
export function createConnection(settings: ConnectionSettings, use: ConnectionUse): Redis {
  const { redisUrl, clientName } = settings;
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
    ...(use !== 'blocking' ? { commandTimeout: COMMAND_TIMEOUT_MS } : {}),
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
  keepSockets(redis);
  // Without a listener ioredis prints each connection error itself; state is told by isReady and by failing commands.
  redis.on('error', ignoreConnectionError);
  redis.on('end', () => beginAnew(redis));
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

/** What is to be known of it is told by the connection's state, and by commands that fail. */
export function ignoreConnectionError(): void {}
