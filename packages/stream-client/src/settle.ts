import type { Event } from '@millrace/events';
import type { Entry, MalformedEntry } from './codec.js';
import type { LeftContext } from './contexts.js';
import type { Departing } from './departing.js';
import { argumentsOf, type Encoded, encodeSettlement } from './encode-settlement.js';
import { compareEntryIds } from './entry-id.js';
import { StreamError } from './errors.js';
import { GroupCommit, type Waiter } from './group-commit.js';
import { GROUP } from './keys.js';
import type { Pausable } from './pauses.js';
import type { DeliveryFailure } from './record.js';
import type { ScriptArgument } from './scripts.js';
import type { Stream } from './stream.js';
import { wakeReaders } from './wake-readers.js';

/** What became of one attempt at one delivery. */
export interface Outcome {
  /** The route's id. `-` for an entry that cannot be decoded, which has no route. */
  readonly route: string;
  /**
   * `waiting`: it was not attempted, since it is not its turn; it comes back as an entry of its own once it is. `moved`: it
   * was not attempted, and goes on in another partition, as an event for this route alone.
   */
  readonly state: 'done' | 'waiting' | 'retrying' | 'parked' | 'dead' | 'expired' | 'moved';
  /** Of one that has moved: the place of its key, which says where it goes on. */
  readonly place?: number;
  /**
   * Of a delivery that is in order with others, what becomes of its place in the lane: it keeps it; it leaves it, so that
   * the next one's turn comes; or it stops the lane, dead, until somebody redrives, resolves or discards it. To keep or to
   * stop a lane it has to stand in it. `leave-first`: it leaves it to go on elsewhere, and has to be the first in it.
   */
  readonly lane?: 'keep' | 'leave' | 'leave-first' | 'stop';
  /** The number of the attempt, from 1. An attempt that is settled already stays as it is. */
  readonly attempt: number;
  /** What the record shows about it. Plain JSON. */
  readonly detail: DeliveryDetail;
  /** How long a retry waits, or how long a parked delivery may be answered, in ms from now by Redis' clock. */
  readonly delayMs?: number;
  /** Of a retry or a parked one: how many attempts since the last redrive never left this process, this one included. */
  readonly unsent?: number;
  /** Effects of the attempt whose recorded state has changed: step path and JSON. */
  readonly effects?: readonly { readonly step: string; readonly value: string }[];
  /** Events to emit together with the outcome; only with `done`. */
  readonly followUps?: readonly Event[];
  /** The context that the delivery leaves with this outcome; only with one that is final. */
  readonly leaves?: LeftContext;
}

/** The part of a delivery's record that the consumer writes. */
export interface DeliveryDetail {
  readonly version: string;
  readonly effects: readonly unknown[];
  readonly result?: unknown;
  readonly reason?: string;
  /** What a retry waits for beside its time. */
  readonly paused?: Pausable;
  /** The context in which it waits for its turn. */
  readonly waitsIn?: string;
  /** The partition in which what comes before it is still, while the number of partitions is changed. */
  readonly behind?: number;
  /** Of the attempts that never left the process, those that a pause has put off. */
  readonly held?: number;
  /** What it asks for, while it is parked and until the attempt that was answered has come to its end. */
  readonly asks?: Asked;
  readonly error?: DeliveryFailure;
}

/** What is asked of a person before a call goes on, and where to go on with the answer. */
export interface Asked {
  /** The attempt that was asked. */
  readonly attempt: number;
  /** Step path of the call. */
  readonly step: string;
  readonly server: string;
  readonly tool: string;
  /** By the server's own names, as the server sent them; `approval` where it is ours to ask whether the call may be made. */
  readonly requests: Readonly<Record<string, unknown>>;
  /** Of the server, to be handed back unchanged. Nobody else is shown it. */
  readonly requestState?: string;
  /** Milliseconds since the epoch. */
  readonly askedAt?: number;
  /** What the call would be made with. The answer is for exactly these. */
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** Outcomes of one entry that are settled together. */
export interface Settlement {
  readonly entry: Entry | MalformedEntry;
  /** All routes that the entry is for, settled or not. With none, settling says that there is nothing to do about it. */
  readonly routes: readonly string[];
  readonly outcomes: readonly Outcome[];
}

/** What a settlement is answered. */
export type SettleReply = 'settled' | 'not-owned' | 'unplaced';

export interface Settler {
  /**
   * Writes the outcomes it is given, or none of them. Resolves with `settled` when they are as durable as the deployment
   * asked, or with `not-owned`, having changed nothing, if the entry was claimed by another consumer meanwhile; the
   * caller drops its results, because the new holder will repeat the work; or with `unplaced`, having changed nothing, if an outcome
   * keeps or stops a lane in which its delivery does not stand, or leaves one as the first and is not, as after a failover that has
   * lost its place, or put back what came before: it has to enter the lane once more, before it is settled. The entry is acknowledged with the last of its
   * deliveries, in whatever order they are settled; settling once more after that is answered `not-owned` too. Throws STREAM_UNAVAILABLE when the answer is
   * lost, STREAM_NOT_DURABLE when Redis may not keep it: then the same settlement may be given again, and takes effect once.
   */
  settle(settlement: Settlement): Promise<SettleReply>;
  /** As `settle`, for callers who have somebody to tell already, and need no promise. The waiter is told once, and must not throw. */
  settleFor(settlement: Settlement, waiter: Waiter<SettleReply>): void;
  /** Resolves once every settlement under way has its answer. */
  drain(): Promise<void>;
}

const MAX_BATCH_ENTRIES = 256;
const MAX_BATCH_BYTES = 1024 * 1024;
/** More than consumers can hold: settling is never refused for want of room. */
const MAX_QUEUED = 65_536;

/**
 * Settles for one consumer; concurrent settlements share round trips. `departing` says which follow-ups belong in other
 * partitions; left out, all stay.
 */
export function createSettler(stream: Stream, consumer: string, departing?: Departing): Settler {
  const commits = new GroupCommit<Encoded, SettleReply>({
    commit: async (settlements) => {
      const replies = await settleMany(stream, consumer, settlements);
      const hasDeparted = (one: Encoded, at: number) => one.kind === 'full' && one.departs && replies[at] === 'settled';
      if (settlements.some(hasDeparted)) departing?.onDeparture();
      return replies;
    },
    sizeOf: (settlement) => settlement.bytes,
    maxBatch: MAX_BATCH_ENTRIES,
    maxBatchBytes: MAX_BATCH_BYTES,
    maxQueued: MAX_QUEUED,
    maxInFlight: 2,
  });
  return {
    settle: (settlement) => commits.submit(encodeSettlement(stream, settlement, departing)),
    settleFor: (settlement, waiter) => commits.submitFor(encodeSettlement(stream, settlement, departing), waiter),
    drain: () => commits.drain(),
  };
}

async function settleMany(stream: Stream, consumer: string, settlements: readonly Encoded[]): Promise<SettleReply[]> {
  const { keys, settings, writes } = stream;
  const [lowestId, highestId] = rangeOf(settlements);
  const short = settlements.filter((one) => one.kind === 'short');
  const full = settlements.filter((one) => one.kind === 'full');
  const args: ScriptArgument[] = [GROUP, consumer, keys.partition, keys.changes];
  args.push(settings.identityTtlMs, settings.recordTtlMs, lowestId, highestId, full.length, keys.record(''));
  args.push(keys.identity(''), ...argumentsOf(short));
  const names = [keys.events, keys.counters, keys.due, keys.dead, keys.parked, keys.lanes, keys.queued];
  for (const settlement of full) {
    args.push(...settlement.args);
    names.push(...settlement.keys);
  }
  const places = (await writes.run('settle', names, args)) as number[];
  // Follow-ups, whose turn has come, and what is to wait: all but those in short may leave something to do.
  if (full.length > 0) wakeReaders(stream);
  if (places.length === 0) return settlements.map(() => 'settled');
  // What was not settled is said by place, those in short first.
  const inOrder: readonly Encoded[] = [...short, ...full];
  const replies = new Map<Encoded | undefined, SettleReply>(
    places.map((place) => [inOrder[Math.abs(place) - 1], place < 0 ? 'unplaced' : 'not-owned']),
  );
  return settlements.map((one) => replies.get(one) ?? 'settled');
}

function rangeOf([first, ...others]: readonly Encoded[]): [lowestId: string, highestId: string] {
  let lowest = first?.entry.id ?? '-';
  let highest = first?.entry.id ?? '+';
  for (const { entry } of others) {
    if (compareEntryIds(entry.id, lowest) < 0) lowest = entry.id;
    else if (compareEntryIds(entry.id, highest) > 0) highest = entry.id;
  }
  return [lowest, highest];
}

/** Whether a settlement that threw this may be given again. */
export function isWorthRepeating(error: unknown): boolean {
  return error instanceof StreamError && error.retryable;
}
