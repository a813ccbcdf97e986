import { toObject } from '../flat-reply.js';
import { GROUP } from '../keys.js';
import { type ConsumerInfo, listConsumers } from '../reading/group.js';
import { runScript } from '../scripts.js';
import type { Stream } from '../stream.js';

/** The state of a partition at one moment, for gauges and for people. */
export interface StreamSample {
  /** Entries in the stream, settled ones within their retention included. */
  readonly length: number;
  /** Entries not acknowledged and deliveries waiting for a retry: what the backlog limit applies to. */
  readonly backlog: number;
  /** Events accepted since the stream began, follow-ups among them. */
  readonly accepted: number;
  readonly pending: number;
  /** Entries that nobody has read yet. Absent when Redis cannot tell. */
  readonly lag?: number;
  /** Age of the oldest pending entry, in ms, by its id and Redis' clock. 0 when none is pending. */
  readonly oldestPendingAgeMs: number;
  readonly retrying: number;
  /** Deliveries that wait for somebody's answer. */
  readonly parked: number;
  /** Deliveries of ordered routes that wait for others of their key. */
  readonly queued: number;
  /** Follow-ups and deliveries that are to go on in other partitions, and have not arrived there. */
  readonly departing: number;
  /** Age of the oldest of them, in ms, by Redis' clock. 0 where there is none. */
  readonly oldestDepartingAgeMs: number;
  readonly deadLetters: number;
  /**
   * What consumers could work on now: entries not acknowledged, deliveries whose time has come, be it for the next
   * attempt or to expire, and what is to be moved to other partitions. 0 is safe for having no consumer at all.
   */
  readonly ready: number;
  /**
   * What the backlog says is open, less what is really in the stream, waiting, queued, parked or departing: 0, always. More means that events
   * were accepted and are nowhere; less, that there are entries which nobody accepted. Absent with the lag.
   */
  readonly unaccounted?: number;
  /** Entries that were removed from the stream before anybody read them, until what is behind them has been read. */
  readonly trimmedUnread: number;
  readonly consumers: readonly ConsumerInfo[];
}

/** Figures of one moment, but for the consumers. Throws STREAM_GROUP_MISSING when the group is gone. */
export async function sampleStream(stream: Stream): Promise<StreamSample> {
  const { keys, redis } = stream;
  const looked = [keys.events, keys.counters, keys.due, keys.parked, keys.dead, keys.queued, keys.outbox];
  const [reply, consumers] = await Promise.all([runScript(redis, 'sample', looked, [GROUP]), listConsumers(stream)]);
  const figures = toObject(reply as readonly unknown[]);
  const number = (name: string) => Number(figures[name]);
  const backlog = number('backlog');
  const pending = number('pending');
  const retrying = number('retrying');
  const parked = number('parked');
  const queued = number('queued');
  const lag = figures.lag === '' ? undefined : number('lag');
  const departing = number('departing');
  // The counter has every entry, read or not, and all that waits.
  const counted = backlog - retrying - parked - queued - departing;
  const unsettled = lag === undefined ? counted : lag + pending;
  const ageOf = (id: string) => (id === '' ? 0 : Math.max(0, number('now') - Number.parseInt(id, 10)));
  return {
    length: number('length'),
    backlog,
    accepted: number('accepted'),
    pending,
    ...(lag === undefined ? {} : { lag, unaccounted: counted - unsettled }),
    trimmedUnread: number('trimmed'),
    oldestPendingAgeMs: ageOf(String(figures.oldest)),
    retrying,
    parked,
    queued,
    departing,
    oldestDepartingAgeMs: ageOf(String(figures['departing-since'])),
    deadLetters: number('dead'),
    ready: Math.max(0, unsettled) + number('due') + number('expired') + departing,
    consumers,
  };
}
