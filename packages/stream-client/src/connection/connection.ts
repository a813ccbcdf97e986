import { withDeadline } from '@millrace/core';
import type { Redis } from 'ioredis';
import { StreamError } from '../errors.js';
import {
  type ConnectionSettings,
  type ConnectionUse,
  closeConnection,
  createConnection,
  ignoreConnectionError,
} from './create-connection.js';
import { openClusterConnection } from './open-cluster.js';

export { type ConnectionSettings, type ConnectionUse, closeConnection, type Sentinel } from './create-connection.js';

/**
 * Opens a connection that keeps trying for as long as the process runs, and never sends a command twice: a command whose
 * answer is lost rejects at once, and whether it was carried out is for the caller to find out. Commands issued while
 * Redis is away reject at once. Rejects with STREAM_UNAVAILABLE, naming the last obstacle, when Redis has not let it in
 * within `connectTimeoutMs`: it may be away, refuse the password, or show a certificate that nobody vouches for.
 *
 * Where Redis is a cluster, it leads to all of it: each command to the node that has its key.
 */
export async function openConnection(settings: ConnectionSettings, use: ConnectionUse): Promise<Redis> {
  const { redisUrl, connectTimeoutMs, clusterNodes, connect } = settings;
  if (connect !== undefined) return connect(use);
  if (clusterNodes.length > 0) return openClusterConnection(settings, use);
  const redis = createConnection(settings, use);
  let obstacle = '';
  redis.on('error', (error) => {
    obstacle = describeObstacle(error);
  });
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

/** The text alone: the error of a refused password has that password among its arguments. */
function describeObstacle(error: Error & { readonly code?: string }): string {
  return `: ${error.message || error.code || error.name}`;
}

/** Host and port of a Redis URL, without user and password. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the given URL';
}
