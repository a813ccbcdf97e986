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
  /**
   * What consumers could work on now: entries not acknowledged, and deliveries whose time has come, be it for the next
   * attempt or to expire. 0 is safe for having no consumer at all.
   */
  readonly ready: number;
  readonly consumers: readonly ConsumerInfo[];
}

/** Throws STREAM_GROUP_MISSING when the group is gone. */
export async function sampleStream(stream: Stream): Promise<StreamSample> {
  const { keys, redis } = stream;
  const [length, backlog, pending, groups, retrying, parked, deadLetters, [seconds, microseconds], consumers] =
    await Promise.all([
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
  const now = Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  const group = (groups as unknown[][]).map(toObject).find(({ name }) => name === GROUP);
  const [pendingCount, oldestId] = pending as [number, string | null];
  const oldest = oldestId === null ? undefined : Number.parseInt(oldestId, 10);
  const lag = typeof group?.lag === 'number' ? group.lag : undefined;
  // The counter has every entry, read or not, and all that waits.
  const unsettled = lag === undefined ? Number(backlog ?? 0) - retrying - parked : lag + pendingCount;
  const [due, expired] = await Promise.all([
    send('ZCOUNT', redis.zcount(keys.due, '-inf', now)),
    send('ZCOUNT', redis.zcount(keys.parked, '-inf', now)),
  ]);
  return {
    length,
    backlog: Number(backlog ?? 0),
    pending: pendingCount,
    ...(lag === undefined ? {} : { lag }),
    oldestPendingAgeMs: oldest === undefined ? 0 : Math.max(0, now - oldest),
    retrying,
    parked,
    deadLetters,
    ready: Math.max(0, unsettled) + due + expired,
    consumers,
  };
}
