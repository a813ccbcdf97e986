import { rangeOf } from '../entry-id.js';
import { StreamError } from '../errors.js';
import { GROUP } from '../keys.js';
import type { Departing } from '../outbox/departing.js';
import type { ScriptArgument } from '../scripts.js';
import type { Stream } from '../stream.js';
import { GroupCommit, type Waiter } from '../writes/group-commit.js';
import { wakeReaders } from '../writes/wake-readers.js';
import { argumentsOf, type Encoded, encodeSettlement } from './encode-settlement.js';
import type { Settlement } from './outcome.js';

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

const MAX_BATCH_ENTRIES = 128;
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

/** Whether a settlement that threw this may be given again. */
export function isWorthRepeating(error: unknown): boolean {
  return error instanceof StreamError && error.retryable;
}
