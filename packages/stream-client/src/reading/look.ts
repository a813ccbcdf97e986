import { StreamError } from '../errors.js';
import { GROUP } from '../keys.js';
import { runScript } from '../scripts.js';
import type { Stream } from '../stream.js';

/** What there is to do in a partition. Instants in ms since the epoch, by the clock of the node that has it. */
export interface Look {
  /** Whether there may be an entry that nobody has read. */
  readonly hasUndelivered: boolean;
  /** Entries that somebody holds. */
  readonly pending: number;
  /** When the first of what waits is due; undefined where nothing waits. */
  readonly dueAt: number | undefined;
  /** When the first of what is parked expires. */
  readonly expiresAt: number | undefined;
  readonly lanes: number;
  /** When the oldest entry was added that is still there, settled or not. */
  readonly oldestAt: number | undefined;
  /** Consumers that hold nothing and were not heard of since the moment that was asked about. */
  readonly gone: number;
  /** When the oldest of what is in the outbox was put there; undefined where it is empty. */
  readonly departedAt: number | undefined;
  /** When it was looked. */
  readonly nowMs: number;
}

/**
 * Looks at a partition: one script of a few commands, whatever is in it. Throws STREAM_GROUP_MISSING when the group is
 * gone, STREAM_UNAVAILABLE when Redis is.
 */
export async function lookAt({ redis, keys }: Stream, unheardSinceMs: number): Promise<Look> {
  const names = [keys.events, keys.due, keys.parked, keys.lanes, keys.outbox];
  const args = [GROUP, Math.round(unheardSinceMs)];
  const reply = (await runScript(redis, 'look', names, args)) as (number | string)[];
  if (reply[0] === 'no-group') throw new StreamError('STREAM_GROUP_MISSING', `look: ${keys.events} has no group`);
  const [undelivered, pending, due, expires, lanes, oldest, gone, now, departed] = reply;
  return {
    hasUndelivered: undelivered === 1,
    pending: Number(pending),
    dueAt: toInstant(due),
    expiresAt: toInstant(expires),
    lanes: Number(lanes),
    oldestAt: toInstant(oldest),
    gone: Number(gone),
    departedAt: toInstant(departed),
    nowMs: Number(now),
  };
}

function toInstant(text: number | string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : Number(text);
}
