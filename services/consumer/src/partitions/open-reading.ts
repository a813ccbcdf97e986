import type { Logger } from '@millrace/runtime';
import {
  type EntrySource,
  type FindPause,
  openBlockingSource,
  openPartitionSource,
  type PartitionSource,
  type Retention,
  type Stream,
  type StreamClock,
} from '@millrace/stream-client';
import { type Chore, choresOf, readClock } from '../housekeeping.js';
import type { Observer } from '../observe.js';
import type { WorkedPartitions } from './leases.js';
import { PartitionWatch } from './partition-watch.js';

/** How a consumer comes to its entries, and what it does besides to keep partitions tidy. */
export interface Reading {
  readonly source: EntrySource;
  readonly chores: readonly Chore[];
  /** The partitions in which somebody may have left something. */
  readonly findPending: () => readonly Stream[];
  /** The observer, with ears for what is settled to wait. */
  observeFor(observer: Observer): Observer;
}

export interface ReadingOptions {
  readonly blockMs: number;
  readonly sweepMs: number;
  readonly retention: Retention;
  readonly findPause: FindPause;
  readonly clock: StreamClock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** Times jump by less than this, in ms, without anybody having set a clock. */
const MAX_DRIFT_MS = 1_000;

/** One partition is read by waiting in Redis, and polled for what is due; of many, those in which there is something. */
export async function openReading(
  partitions: WorkedPartitions,
  consumer: string,
  options: ReadingOptions,
): Promise<Reading> {
  const { home, all } = partitions;
  const { blockMs, retention, findPause, clock, logger } = options;
  if (all.length > 1) return openManyReading(partitions, consumer, options);
  return {
    source: await openBlockingSource(home, consumer, blockMs),
    chores: [...choresOf(home, retention, logger, findPause), readClock(clock)],
    findPending: () => all,
    observeFor: (observer) => observer,
  };
}

async function openManyReading(
  { all, ofRef }: WorkedPartitions,
  consumer: string,
  { blockMs, sweepMs, retention, findPause, clock, logger, random }: ReadingOptions,
): Promise<Reading> {
  let source: PartitionSource | undefined;
  const share = { ...retention, maxBytes: Math.ceil(retention.maxBytes / all.length) };
  const notice = (stream: Stream) => source?.notice(stream);
  const watch = new PartitionWatch(all, { sweepMs, retention: share, findPause, notice, random, clock }, logger);
  source = await openPartitionSource(all, consumer, { waitMs: blockMs, random, onWake: watch.hear });
  return {
    source,
    chores: [watch.chore, { ...readClock(clock), run: () => refreshClock(clock, watch) }],
    findPending: watch.findPending,
    observeFor: (observer) => ({
      ...observer,
      settled: (entry, disposal) => {
        observer.settled(entry, disposal);
        watch.noteSettled(ofRef(entry.ref), disposal.outcome);
      },
    }),
  };
}

async function refreshClock(clock: StreamClock, watch: PartitionWatch): Promise<void> {
  const expected = clock.now();
  await clock.refresh();
  if (clock.now() < expected - MAX_DRIFT_MS) watch.noteJumpBack();
}
