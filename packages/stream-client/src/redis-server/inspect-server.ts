import { send } from '../connection/connection.js';
import type { Stream } from '../stream.js';
import { connectionToNode } from './partition-node.js';
import { askFsyncPolicy } from './server-check.js';

/** What the Redis that has a partition says about itself, for people. */
export interface ServerInspection {
  readonly version: string;
  readonly role: string;
  readonly evictionPolicy: string;
  readonly usedBytes: number;
  /** What it may use; 0 where it has no limit. */
  readonly maxBytes: number;
  readonly isAofOn: boolean;
  readonly isAofWritten: boolean;
  /** When it writes to its disk; absent where it may not be asked. */
  readonly fsync?: string;
  readonly connectedReplicas: number;
  readonly uptimeSeconds: number;
  /** Its clock, in ms. */
  readonly nowMs: number;
}

/** Asks the Redis that has the partition about itself. Throws STREAM_UNAVAILABLE when it does not answer. */
export async function inspectServer(stream: Stream): Promise<ServerInspection> {
  const redis = connectionToNode(stream);
  const [info, [seconds, microseconds], fsync] = await Promise.all([
    send('INFO', redis.info()),
    send('TIME', redis.time()),
    askFsyncPolicy(redis),
  ]);
  const facts = new Map(Array.from(info.matchAll(/^(\w+):(.*?)\r?$/gm), ([, name, value]) => [name, value]));
  const number = (name: string) => Number(facts.get(name) ?? 0);
  return {
    version: facts.get('valkey_version') ?? facts.get('redis_version') ?? 'unknown',
    role: facts.get('role') ?? 'unknown',
    evictionPolicy: facts.get('maxmemory_policy') ?? 'unknown',
    usedBytes: number('used_memory'),
    maxBytes: number('maxmemory'),
    isAofOn: facts.get('aof_enabled') === '1',
    isAofWritten: (facts.get('aof_last_write_status') ?? 'ok') === 'ok',
    ...(fsync === undefined ? {} : { fsync }),
    connectedReplicas: number('connected_slaves'),
    uptimeSeconds: number('uptime_in_seconds'),
    nowMs: Number(seconds) * 1_000 + Number(microseconds) / 1_000,
  };
}
