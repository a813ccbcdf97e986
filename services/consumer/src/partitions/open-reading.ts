import type { Logger } from '@millrace/runtime';
import type { EntrySource, FindPause, Retention, Stream, StreamClock } from '@millrace/stream-client';
import { type Chore, choresOf, readClock } from '../housekeeping.js';
import type { Observer } from '../observe.js';
import { type FollowingSource, openFollowingSource } from './following-source.js';
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
  /** Told of a partition in which something waits to go on in another. Default: nobody is. */
  readonly onDeparted?: (stream: Stream) => void;
}

/** Partitions that may become more. Where `refresh` is left out, they do not. */
export type FollowedPartitions = WorkedPartitions & { refresh?(): Promise<void> };

/** Times jump by less than this, in ms, without anybody having set a clock. */
const MAX_DRIFT_MS = 1_000;
/** How often it is looked whether there are more partitions, in ms; where partitions are swept more often, as often. */
const MAP_EVERY_MS = 1_000;

/**
 * One partition is read by waiting in Redis, and polled for what is due; of many, those in which there is something. When
 * one becomes many, or many become more, it goes over while it runs.
 */
export async function openReading(
  partitions: FollowedPartitions,
  consumer: string,
  options: ReadingOptions,
): Promise<Reading> {
  const { blockMs, sweepMs, retention, findPause, clock, logger, random, onDeparted = ignore } = options;
  let source: FollowingSource | undefined;
  const notice = (stream: Stream) => source?.notice(stream);
  const watch = new PartitionWatch({ sweepMs, retention, findPause, notice, onDeparted, random, clock }, logger);
  let known = partitions.all;
  const isAlone = () => known.length === 1;
  if (!isAlone()) watch.add(known);
  source = await openFollowingSource(known, consumer, { waitMs: blockMs, random, onWake: watch.hear });
  const follower = source;

  const follow = async () => {
    await partitions.refresh?.();
    const { all } = partitions;
    if (all.length === known.length) return;
    const added = all.slice(known.length);
    await follower.add(added);
    watch.add(isAlone() ? all : added);
    known = all;
    logger.info({ partitions: all.length }, 'there are more partitions now; all of them are read');
  };
  const whileAlone = (chore: Chore): Chore => ({
    ...chore,
    run: async (signal) => (isAlone() ? chore.run(signal) : undefined),
  });
  return {
    source,
    chores: [
      ...choresOf(partitions.home, retention, logger, findPause).map(whileAlone),
      watch.chore,
      { ...readClock(clock), run: () => refreshClock(clock, watch) },
      { name: 'read the map of partitions', everyMs: Math.min(MAP_EVERY_MS, sweepMs), run: follow },
    ],
    findPending: () => (isAlone() ? known : watch.findPending()),
    observeFor: (observer) => ({
      ...observer,
      settled: (entry, disposal) => {
        observer.settled(entry, disposal);
        if (!isAlone()) watch.noteSettled(partitions.ofRef(entry.ref), disposal.outcome);
      },
    }),
  };
}

async function refreshClock(clock: StreamClock, watch: PartitionWatch): Promise<void> {
  const expected = clock.now();
  await clock.refresh();
  if (clock.now() < expected - MAX_DRIFT_MS) watch.noteJumpBack();
}

function ignore(): void {}
