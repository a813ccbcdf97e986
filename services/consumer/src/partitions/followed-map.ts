import type { Logger } from '@millrace/runtime';
import {
  createMapFollower,
  isWorthRepeating,
  type Partitions,
  readFenceEpoch,
  type Stream,
} from '@millrace/stream-client';

/** The map by which this process finds where a key belongs, for what nobody may do by an older one than the partition knows. */
export interface MapInUse {
  readonly epoch: number;
  /** Whether new events may go to this partition by it. One that a change is adding may have been heard of before the change. */
  has(stream: Stream): boolean;
}

/** What whoever is refused by his map does about it. */
export interface FollowableMap {
  /** Reads the map again, and resolves with its epoch. */
  follow(): Promise<number>;
  /** Whether a partition was said to be closed to the map, and nothing newer has been read since. */
  isClosed(stream: Stream): boolean;
  /** Says that a partition stays closed to the map. Throws STREAM_UNAVAILABLE. */
  tellClosed(stream: Stream): Promise<void>;
}

/** Follows the map: reads it again when it was found to be out of date. */
export class FollowedMap implements MapInUse, FollowableMap {
  readonly #partitions: Partitions;
  readonly #logger: Logger;
  readonly #follow: () => Promise<void>;
  /** Of partitions that were found closed to the map, by which fence. */
  readonly #told = new Map<Stream, number>();

  constructor(partitions: Partitions, logger: Logger) {
    this.#partitions = partitions;
    this.#logger = logger;
    this.#follow = createMapFollower(partitions);
  }

  get epoch(): number {
    return this.#partitions.map.active.epoch;
  }

  has({ keys }: Stream): boolean {
    return Number(keys.partition) < this.#partitions.map.active.partitions;
  }

  /**
   * Reads the map again, and carries a change on that has come to a stop half way. Calls at the same time share. Redis being away is no
   * failure: whoever calls asks his question again anyway. Resolves with the epoch that is in force then.
   */
  async follow(): Promise<number> {
    try {
      await this.#follow();
    } catch (error) {
      if (!isWorthRepeating(error)) throw error;
    }
    return this.epoch;
  }

  isClosed(stream: Stream): boolean {
    return (this.#told.get(stream) ?? 0) > this.epoch;
  }

  /**
   * Says, once for each fence, that a partition is closed to the newest map that there is: somebody has to hear of it, since a Redis
   * that took the place of another may have lost the change for which it was closed. Throws STREAM_UNAVAILABLE.
   */
  async tellClosed(stream: Stream): Promise<void> {
    const fencedEpoch = await readFenceEpoch(stream);
    if (fencedEpoch <= this.epoch || this.#told.get(stream) === fencedEpoch) return;
    this.#told.set(stream, fencedEpoch);
    const message =
      'the partition is closed to the map that Redis has; what is in order by the map waits: ask for the change again';
    this.#logger.warn({ partition: Number(stream.keys.partition), epoch: this.epoch, fencedEpoch }, message);
  }
}
