import { send } from '../connection/connection.js';
import { StreamError } from '../errors.js';
import { toObject } from '../flat-reply.js';
import { runScript } from '../scripts.js';
import type { Stream } from '../stream.js';

/** For how long there have been how many partitions. */
export interface Epoch {
  /** From 1; each change of the number begins another. */
  readonly epoch: number;
  readonly partitions: number;
  /**
   * Only by the active one new events find their partition. One that is draining is of before a change: not all of its
   * events are finished, or may not be repeated any more.
   */
  readonly state: 'preparing' | 'active' | 'draining' | 'past';
  /** Ms since the epoch by Redis' clock: since when events find their partition by it; of one that is preparing, since when it is. */
  readonly sinceMs: number;
}

/** How many partitions the deployment has. All processes go by it, whatever they were told at their start. */
export interface PartitionMap {
  /** By which new events find their partition. */
  readonly active: Epoch;
  /** The one that a change has begun, and not completed. */
  readonly preparing: Epoch | undefined;
  /** Those before the active one whose partitions are asked still, the oldest first. */
  readonly draining: readonly Epoch[];
  /** All there ever were, the oldest first, the active one among them. */
  readonly epochs: readonly Epoch[];
  /** Partitions in which there may be something: those of any epoch. */
  readonly size: number;
}

/** Reads the map, or writes it where there is none: a new deployment has as many partitions as are wanted. */
export async function openMap({ redis, keys }: Pick<Stream, 'redis' | 'keys'>, wanted: number): Promise<PartitionMap> {
  return mapOf((await runScript(redis, 'open-map', [keys.map, keys.counters], [wanted])) as unknown[]);
}

/** The map as it is now; undefined where nobody has written one. Throws STREAM_UNAVAILABLE. */
export async function readMap({ redis, keys }: Pick<Stream, 'redis' | 'keys'>): Promise<PartitionMap | undefined> {
  const fields = await send('HGETALL', redis.hgetall(keys.map));
  return Object.keys(fields).length === 0 ? undefined : toMap(fields);
}

/** The map as scripts reply it. */
export function mapOf(reply: readonly unknown[]): PartitionMap {
  return toMap(toObject(reply));
}

function toMap(fields: Readonly<Record<string, unknown>>): PartitionMap {
  const epochs = Object.entries(fields).map(([epoch, text]) => toEpoch(Number(epoch), String(text)));
  epochs.sort((a, b) => a.epoch - b.epoch);
  const active = epochs.findLast(({ state }) => state === 'active');
  if (active === undefined) throw new StreamError('STREAM_UNSUITABLE', 'the map of partitions in Redis has no epoch');
  return {
    active,
    preparing: epochs.find(({ state }) => state === 'preparing'),
    draining: epochs.filter(({ state }) => state === 'draining'),
    epochs,
    size: Math.max(...epochs.map(({ partitions }) => partitions)),
  };
}

/** As the scripts write it: how many, which state, since when. */
function toEpoch(epoch: number, text: string): Epoch {
  const [, partitions, state, sinceMs] = /^(\d+) (preparing|active|draining|past) (\d+)$/.exec(text) ?? [];
  if (state === undefined) throw new StreamError('STREAM_UNSUITABLE', `the map of partitions in Redis says: ${text}`);
  return { epoch, partitions: Number(partitions), state: state as Epoch['state'], sinceMs: Number(sinceMs) };
}
