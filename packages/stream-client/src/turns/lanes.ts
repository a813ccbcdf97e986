import { createHash } from 'node:crypto';
import { decodeEntry, type Entry, toFields } from '../codec.js';
import { send } from '../connection/connection.js';
import { GROUP } from '../keys.js';
import { OUTBOX_START } from '../outbox/outbox.js';
import { runScript, type ScriptArgument } from '../scripts.js';
import type { Stream } from '../stream.js';
import { wakeReaders } from '../writes/wake-readers.js';

/** A delivery that is to join a lane, in the place that its entry gives it. */
export interface Joining {
  readonly entryId: string;
  readonly ref: string;
  readonly route: string;
  /** Name of the lane. */
  readonly lane: string;
}

/** A delivery that asks whether its turn has come. */
export interface Asking {
  /** Held by the consumer that asks. */
  readonly entry: Pick<Entry, 'id' | 'deliveryCount' | 'ref' | 'retry'>;
  readonly route: string;
  /** The lane that it joins if it stands in none. One that it stands in counts, whatever is said here. */
  readonly lane: string;
  /** Epoch of the map by which its key belongs in this partition, or may not; left out where its event alone says that. */
  readonly epoch?: number;
}

/**
 * `go`: nothing of its lane comes before it, until its outcome leaves the lane. `wait`: settle it as `waiting`, and it
 * comes back. `not-owned`: another consumer has claimed the entry. `unseen`: lanes are not filled up to its entry yet.
 * `outdated`: the partition was closed to the map by which its key belongs there; read the map again.
 */
export type Turn = 'go' | 'wait' | 'not-owned' | 'unseen' | 'outdated';

/** What the stream holds between two entries, read in order. */
export interface Stretch {
  /** Id of the entry after which it begins. */
  readonly from: string;
  /** Id of its last entry. */
  readonly upTo: string;
  readonly joining: readonly Joining[];
}

/** The name of the lane of a key, of bounded length whatever the key. `kind` says whose keys they are, such as a route's id. */
export function laneNameOf(kind: string, key: string): string {
  return `${kind}:${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}

/**
 * Fills lanes from a stretch of the stream and tells deliveries whose turn it is, in one step. Of a stretch that begins
 * beyond where lanes are filled nothing is taken, and of one that begins before it only the rest: so stretches may be
 * read by many consumers at once. Resolves with the id up to which lanes are filled now, and the turns in order. Throws
 * STREAM_UNAVAILABLE when the answer is lost: asking again is safe.
 */
export async function enterLanes(
  stream: Stream,
  consumer: string,
  stretch: Stretch | undefined,
  asking: readonly Asking[],
): Promise<{ readonly filledUpTo: string; readonly turns: readonly Turn[] }> {
  const { keys, redis } = stream;
  const { from = '', upTo = '', joining = [] } = stretch ?? {};
  const names = [keys.events, keys.counters, keys.lanes];
  const args: ScriptArgument[] = [GROUP, consumer, keys.record(''), from, upTo, joining.length];
  for (const { entryId, ref, route, lane } of joining) {
    names.push(keys.lane(lane));
    args.push(entryId, ref, route);
  }
  for (const { entry, route, lane, epoch = 0 } of asking) {
    names.push(keys.lane(lane));
    args.push(entry.id, entry.deliveryCount, entry.ref, route, entry.retry === undefined ? '1' : '0', epoch);
  }
  const [filledUpTo = '', ...turns] = (await runScript(redis, 'enter-lanes', names, args)) as string[];
  return { filledUpTo, turns: turns as Turn[] };
}

/**
 * `over`: nothing that a partition accepted before it was fenced stands in the lane, or will. `left`: something does, or may.
 * `unfilled`: it can be told once the lanes of the partition are filled up to this entry.
 */
export type EarlierLane = { readonly kind: 'over' | 'left' } | { readonly kind: 'unfilled'; readonly upTo: string };

/** A lane about which is asked where its key, or the events that are to join it, belonged before. */
export interface AskedLane {
  readonly lane: string;
  /** Of the map that is in force, as the caller knows it. */
  readonly epoch: number;
  /** Of a route whose deliveries go on in the partition of their key: what has left the lane has to have arrived there as well. */
  readonly gathered?: { readonly route: string; readonly place: number };
}

/** Of an outbox, so many entries are looked at in one call, and so many bytes of them: they carry their events. */
const MAX_DEPARTING = 2_000;
const MAX_DEPARTING_BYTES = 4 * 1024 * 1024;
/** Calls after which it is not gone through any further: it counts as left what may be there. */
const MAX_LOOKS = 256;

/**
 * How a lane stands in the partition to which its key belonged before. Throws as durable writes do: what is done about the answer is
 * done in another partition, and a primary that was replaced and has not heard of it would tell of its own past. It has no replicas any
 * more. A long outbox is gone through in several calls, and what stands in it of others is passed over; once the signal has aborted, the
 * lane counts as one that has something left.
 */
export async function lookAtEarlierLane(
  { keys, writes }: Stream,
  asked: AskedLane,
  signal?: AbortSignal,
): Promise<EarlierLane> {
  const { lane, epoch, gathered } = asked;
  const names = [keys.events, keys.counters, keys.lane(lane), keys.outbox];
  const { route = '', place = '' } = gathered ?? {};
  let after = OUTBOX_START;
  for (let looks = 0; looks < MAX_LOOKS && signal?.aborted !== true; looks++) {
    const args = [GROUP, epoch, route, place, after, MAX_DEPARTING, MAX_DEPARTING_BYTES];
    const [kind, at = ''] = (await writes.run('earlier-lane', names, args)) as string[];
    if (kind === 'unfilled') return { kind, upTo: at };
    if (kind !== 'more') return { kind: kind as 'over' | 'left' };
    after = at;
  }
  return { kind: 'left' };
}

/** Entries of the stream after one and up to another, in order, at most `maxCount`. Nothing is delivered by it. */
export interface Passage {
  /** Those that join lanes by their place: not what was put back, and not what cannot be read. */
  readonly entries: readonly Entry[];
  /** Id of the last entry it covers, whatever that was. */
  readonly upTo: string;
}

/** Reads a passage of the stream, whoever the group has delivered it to. */
export async function readPassage(
  { keys, redis }: Stream,
  afterId: string,
  upToId: string,
  maxCount: number,
): Promise<Passage> {
  const range = redis.callBuffer('XRANGE', keys.events, `(${afterId}`, upToId, 'COUNT', maxCount);
  const found = (await send('XRANGE', range)) as [Buffer, Buffer[]][];
  const entries = found.flatMap(([id, flat]) => {
    const entry = decodeEntry(keys, id.toString(), { deliveryCount: 0, wasHeld: false }, toFields(flat));
    return entry.kind === 'entry' && entry.retry === undefined ? [entry] : [];
  });
  const isThrough = found.length < maxCount;
  return { entries, upTo: isThrough ? upToId : String(found.at(-1)?.[0]) };
}

/**
 * Looks at about `maxCount` lanes, from the cursor on, and takes out of their fronts what would hold them for ever: what
 * ended under a configuration that does not order it, and what Redis has lost. Any number of consumers may run it at
 * once. Resolves with the cursor to go on from, `0` at the end, and how many deliveries were taken out.
 */
export async function mendLanes(
  stream: Stream,
  cursor: string,
  maxCount: number,
): Promise<{ readonly cursor: string; readonly taken: number }> {
  const { keys, redis } = stream;
  const [next, lanes] = await send('SSCAN', redis.sscan(keys.lanes, cursor, 'COUNT', maxCount));
  if (lanes.length === 0) return { cursor: next, taken: 0 };
  const names = [keys.events, keys.counters, keys.lanes, keys.queued, keys.due, keys.parked, ...lanes];
  const taken = (await runScript(redis, 'mend-lanes', names, [keys.record(''), GROUP])) as number;
  if (taken > 0) wakeReaders(stream);
  return { cursor: next, taken };
}
