import { Command, type Redis } from 'ioredis';
import { ClusterConnection } from '../connection/cluster-connection.js';
import { nameOf } from '../connection/cluster-map.js';
import { send } from '../connection/connection.js';
import { StreamError } from '../errors.js';
import type { Stream } from '../stream.js';

/** The clock of the node that has the partition, in ms since the epoch: what its scripts go by. */
export async function askTime({ redis, keys }: Pick<Stream, 'redis' | 'keys'>): Promise<number> {
  const asked = isCluster(redis) ? redis.sendTo(keys.events, commandOf('time')) : redis.time();
  const [seconds, microseconds] = (await send('TIME', asked)) as [string, string];
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}

/** What the node that has the partition says of its memory, as INFO puts it. */
export async function askMemory({ redis, keys }: Pick<Stream, 'redis' | 'keys'>): Promise<string> {
  const asked = isCluster(redis) ? redis.sendTo(keys.events, commandOf('info', 'memory')) : redis.info('memory');
  return (await send('INFO', asked)) as string;
}

/**
 * The connection over which commands about the partition go at this moment, for questions to its node. Throws
 * STREAM_UNAVAILABLE where nobody who has the partition is connected.
 */
export function connectionToNode({ redis, keys }: Pick<Stream, 'redis' | 'keys'>): Redis {
  if (!isCluster(redis)) return redis;
  const connection = redis.connectionFor(keys.events)?.redis;
  if (connection !== undefined) return connection;
  throw new StreamError('STREAM_UNAVAILABLE', `nobody who has partition ${keys.partition} is connected`);
}

/** The name of the node that has the partition at this moment; empty where there is only one, or none is connected. */
export function nodeOf({ redis, keys }: Pick<Stream, 'redis' | 'keys'>): string {
  const address = isCluster(redis) ? redis.connectionFor(keys.events)?.address : undefined;
  return address === undefined ? '' : nameOf(address);
}

function isCluster(redis: Redis): redis is ClusterConnection {
  return redis instanceof ClusterConnection;
}

function commandOf(name: string, ...args: readonly string[]): Command {
  return new Command(name, [...args], { replyEncoding: 'utf8' });
}
