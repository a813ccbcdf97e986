import { send } from '../connection/connection.js';
import type { Stream } from '../stream.js';
import { connectionToNode } from './partition-node.js';

/** How the Redis that has a partition is doing, by what it says of itself. */
export interface ServerSample {
  readonly usedBytes: number;
  /** What it may use; 0 where it has no limit. */
  readonly maxBytes: number;
  readonly clients: number;
  readonly commandsPerSecond: number;
  /** Whether the last write to the append-only file succeeded. True where there is no such file. */
  readonly isAofWritten: boolean;
  /** Writes to disk that kept others waiting, since Redis started. */
  readonly delayedFsyncs: number;
  /** Keys that it dropped for want of memory, since it started. Anything but 0 may be events. */
  readonly evictedKeys: number;
  readonly connectedReplicas: number;
}

/** Asks the Redis that has the partition how it is doing. Throws STREAM_UNAVAILABLE when it does not answer. */
export async function sampleServer(stream: Stream): Promise<ServerSample> {
  const info = await send('INFO', connectionToNode(stream).info());
  const facts = new Map(Array.from(info.matchAll(/^(\w+):(.*?)\r?$/gm), ([, name, value]) => [name, value]));
  const number = (name: string) => Number(facts.get(name) ?? 0);
  return {
    usedBytes: number('used_memory'),
    maxBytes: number('maxmemory'),
    clients: number('connected_clients'),
    commandsPerSecond: number('instantaneous_ops_per_sec'),
    isAofWritten: (facts.get('aof_last_write_status') ?? 'ok') === 'ok',
    delayedFsyncs: number('aof_delayed_fsync'),
    evictedKeys: number('evicted_keys'),
    connectedReplicas: number('connected_slaves'),
  };
}
