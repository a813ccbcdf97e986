import type { Redis } from 'ioredis';
import { closeConnection, isConnected, openConnection } from './connection/connection.js';
import { StreamError } from './errors.js';
import { createKeys } from './keys.js';
import { createGroup } from './reading/group.js';
import { checkServer, type ServerDemands, type ServerFacts } from './redis-server/server-check.js';
import { type OnProblems, problemsOf, ServerWatch } from './redis-server/server-watch.js';
import { defineScripts } from './scripts.js';
import type { Link, Stream, StreamOptions, StreamSettings } from './stream.js';
import { ClusterWrites } from './writes/cluster-writes.js';
import { createDurableWrites, type DurableWrites } from './writes/durable-writes.js';
import { wakeReaders } from './writes/wake-readers.js';
import { wakingWrites } from './writes/waking-writes.js';

/** What is left out takes these values. */
const DEFAULTS = {
  namespace: 'millrace',
  durability: 'fsync',
  replicas: 1,
  entryFormat: 2,
  clusterNodes: [],
  sentinels: [],
  sentinelPassword: undefined,
  tlsCa: undefined,
  clientName: 'millrace',
  connectTimeoutMs: 10_000,
  identityTtlMs: 3_600_000,
  recordTtlMs: 86_400_000,
} as const;

/**
 * Opens the stream of partition 0, whatever others there are, and makes sure that its consumer group exists, reading from
 * the very first event. Throws as `openLink` does.
 */
export async function openStream(options: StreamOptions): Promise<Stream> {
  const link = await openLink(options);
  const stream = streamOver(link, 0);
  try {
    await createGroup(stream);
    return stream;
  } catch (error) {
    await link.close();
    throw error;
  }
}

/**
 * The stream of a partition, over a link that is open. Nothing is asked of Redis. `wakesReaders` is asked whenever there may
 * be somebody to wake: one partition may become several.
 */
export function streamOver(link: Link, partition: number, wakesReaders: () => boolean = isNever): Stream {
  const stream: Stream = {
    ...link,
    keys: createKeys(link.settings.namespace, String(partition)),
    get wakesReaders() {
      return wakesReaders();
    },
    writes: wakesReaders === isNever ? link.writes : wakingWrites(link.writes, () => wakeReaders(stream)),
  };
  return stream;
}

function isNever(): boolean {
  return false;
}

/**
 * Opens the connections that partitions share. Throws
 * STREAM_UNAVAILABLE when Redis does not answer in time, STREAM_UNSUITABLE when it is older than 7.0, may evict keys, or
 * does not keep what the durability promises: the process then refuses to promise it either. The same is asked of every
 * Redis that a later connection leads to; until it holds again, durable writes reject.
 */
export async function openLink(options: StreamOptions): Promise<Link> {
  const { onProblems = ignore, ...given } = options;
  const settings: StreamSettings = { ...DEFAULTS, ...given };
  const isCluster = settings.clusterNodes.length > 0;
  const demands = { durability: settings.durability, replicas: replicasOf(settings), isCluster };
  const redis = await openConnection(settings, 'commands');
  try {
    const facts = await checkServer(redis, demands);
    refuseUnsuitable(facts);
    defineScripts(redis, settings.entryFormat);
    const promised = isCluster
      ? toPromised(new ClusterWrites(settings, demands, onProblems))
      : await openWrites(settings, demands, { redis, facts }, onProblems);
    const allProblems = () => (isConnected(redis) ? promised.problems() : ['Redis is not connected']);
    return {
      settings,
      redis,
      writes: promised.writes,
      problems: allProblems,
      isReady: () => allProblems().length === 0,
      close: async () => {
        promised.close();
        closeConnection(redis);
      },
    };
  } catch (error) {
    closeConnection(redis);
    throw error;
  }
}

/** How a promise is kept, and when it cannot be. */
interface Promised {
  readonly writes: DurableWrites;
  problems(): readonly string[];
  close(): void;
}

/** On one Redis: over the connection of all commands, where writes need not be waited for. */
async function openWrites(
  settings: StreamSettings,
  demands: ServerDemands,
  { redis, facts }: { readonly redis: Redis; readonly facts: ServerFacts },
  onProblems: OnProblems,
): Promise<Promised> {
  // A wait blocks its connection: heartbeats must not stand in line behind it.
  const waits = demands.replicas > 0 || facts.waitsForDisk;
  const writer = waits ? await openConnection(settings, 'writes') : redis;
  if (waits) defineScripts(writer, settings.entryFormat);
  const watch = new ServerWatch(writer, () => checkServer(writer, demands), waits ? undefined : facts, onProblems);
  return {
    writes: createDurableWrites(writer, watch, demands.replicas),
    problems: () => (isConnected(writer) ? problemsOf(watch) : ['Redis is not connected']),
    close: () => {
      watch.stop();
      closeConnection(writer);
    },
  };
}

function toPromised(writes: ClusterWrites): Promised {
  return { writes, problems: () => writes.problems(), close: () => writes.close() };
}

function replicasOf({ durability, replicas }: StreamSettings): number {
  return durability === 'replicated' ? replicas : 0;
}

/** What an operator has to mend ends the start. What passes by itself, such as a replica that is away, is waited for. */
function refuseUnsuitable({ problems }: ServerFacts): void {
  if (problems.length > 0) throw new StreamError('STREAM_UNSUITABLE', `Redis cannot be used: ${problems.join('; ')}`);
}

function ignore(): void {}
