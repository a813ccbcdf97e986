import { send } from './connection.js';
import { toObject } from './flat-reply.js';
import { type ConsumerInfo, listConsumers } from './group.js';
import { GROUP } from './keys.js';
import type { Stream } from './stream.js';

/** The state of a partition at one moment, for gauges and for people. */
export interface StreamSample {
  /** Entries in the stream, settled ones within their retention included. */
  readonly length: number;
  /** Entries not acknowledged and deliveries waiting for a retry: what the backlog limit applies to. */
  readonly backlog: number;
  readonly pending: number;
  /** Entries that nobody has read yet. Absent when Redis cannot tell. */
  readonly lag?: number;
  /** Age of the oldest pending entry, in ms, by its id and Redis' clock. 0 when none is pending. */
  readonly oldestPendingAgeMs: number;
  readonly retrying: number;
  /** Deliveries that wait for somebody's answer. */
  readonly parked: number;
  readonly deadLetters: number;
  readonly consumers: readonly ConsumerInfo[];
}

/** Throws STREAM_GROUP_MISSING when the group is gone. */
export async function sampleStream(stream: Stream): Promise<StreamSample> {
  const { keys, redis } = stream;
  const [length, backlog, pending, groups, retrying, parked, deadLetters, [seconds], consumers] = await Promise.all([
    send('XLEN', redis.xlen(keys.events)),
    send('HGET', redis.hget(keys.counters, 'backlog')),
    send('XPENDING', redis.xpending(keys.events, GROUP)),
    send('XINFO GROUPS', redis.xinfo('GROUPS', keys.events)),
    send('ZCARD', redis.zcard(keys.due)),
    send('ZCARD', redis.zcard(keys.parked)),
    send('ZCARD', redis.zcard(keys.dead)),
    send('TIME', redis.time()),
    listConsumers(stream),
  ]);
  const group = (groups as unknown[][]).map(toObject).find(({ name }) => name === GROUP);
  const [pendingCount, oldestId] = pending as [number, string | null];
  const oldest = oldestId === null ? undefined : Number.parseInt(oldestId, 10);
  return {
    length,
    backlog: Number(backlog ?? 0),
    pending: pendingCount,
    ...(typeof group?.lag === 'number' ? { lag: group.lag } : {}),
    oldestPendingAgeMs: oldest === undefined ? 0 : Math.max(0, Number(seconds) * 1_000 - oldest),
    retrying,
    parked,
    deadLetters,
    consumers,
  };
}
