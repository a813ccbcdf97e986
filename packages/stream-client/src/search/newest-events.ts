import { decodeEntry, toFields } from '../codec.js';
import { send } from '../connection/connection.js';
import { entryIdOf } from '../keys.js';
import type { Stream } from '../stream.js';
import type { FoundEvent } from './event-summary.js';

/** Where somebody who follows the stream has come to. */
export interface TailPosition {
  /** The id of the latest entry that was looked at. */
  readonly entryId: string;
  /** The highest acceptance sequence among them. */
  readonly seq: number;
}

/** What has come in since. */
export interface Newest {
  /** The latest first. Repeats along one route, and what nobody can read, are not among them. */
  readonly found: readonly FoundEvent[];
  /** Events that came in as well and were passed over, since there were more than was asked for. */
  readonly skipped: number;
  readonly position: TailPosition;
}

/** The end of the stream as it is now: `newestEvents` tells what comes after it. Throws STREAM_UNAVAILABLE. */
export async function tailPosition(stream: Stream): Promise<TailPosition> {
  const { position } = await newestEvents(stream, { entryId: '0-0', seq: 0 }, 1);
  return position;
}

/** The latest events after a position, at most `maxCount` of them. Throws STREAM_UNAVAILABLE. */
export async function newestEvents(stream: Stream, after: TailPosition, maxCount: number): Promise<Newest> {
  const { redis, keys } = stream;
  const command = redis.callBuffer('XREVRANGE', keys.events, '+', `(${after.entryId}`, 'COUNT', maxCount);
  const entries = (await send('XREVRANGE', command)) as [Buffer, Buffer[]][];
  const hold = { deliveryCount: 0, wasHeld: false };
  const read = entries.map(([id, flat]) => decodeEntry(keys, id.toString(), hold, toFields(flat)));
  const firsts = read.flatMap((entry) => (entry.kind === 'entry' && entry.retry === undefined ? [entry] : []));
  // Sequence numbers have no gaps, but an event that was put off is read long after its neighbours.
  const ownTurn = firsts.filter(({ id, ref }) => entryIdOf(keys, ref) === id);
  const seq = ownTurn.reduce((highest, entry) => Math.max(highest, entry.seq), after.seq);
  const isWhole = entries.length < maxCount;
  return {
    found: firsts.map(({ ref, event: { attributes } }) => ({ ref, attributes })),
    skipped: isWhole || after.seq === 0 ? 0 : Math.max(0, seq - after.seq - ownTurn.length),
    position: { entryId: entries[0]?.[0].toString() ?? after.entryId, seq },
  };
}
