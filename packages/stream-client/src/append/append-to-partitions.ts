import { sleep } from '@millrace/core';
import { contentHashOf, type Event, identityOf } from '@millrace/events';
import { StreamError } from '../errors.js';
import { EarlierIdentities } from '../outbox/earlier-identities.js';
import { createMapFollower } from '../partitions/change-partitions.js';
import type { Partitions } from '../partitions/partitions.js';
import type { Stream } from '../stream.js';
import type { Waiter } from '../writes/group-commit.js';
import {
  type Appender,
  type AppenderOptions,
  type AppendResult,
  appendDeadlines,
  guardOf,
  PartitionAppends,
} from './append.js';
import type { Deadlines, Wait } from './deadlines.js';

/** Appends events, each to its partition. */
export interface PartitionsAppender extends Appender {
  /** As `append`, for callers who have somebody to tell the result to already, and need no promise. */
  appendFor(event: Event, contentHash: string, waiter: Waiter<AppendResult>): void;
}

/** Appends that may be under way at once, over all partitions. */
const MAX_OPEN = 16_384;
/** Before what failed is tried again, in ms. */
const RETRY_PAUSE_MS = 100;

/**
 * Appends each event to its partition. Concurrent appends to one partition share round trips; those of several go side by
 * side, so that a batch takes no longer than its slowest partition. Each partition has its share of the backlog limit:
 * room in one is of no use to a key of another.
 *
 * Where the number of partitions is being changed, it goes over to the new map, and carries the change on if nobody else does.
 * For as long as a map before it is draining, an event is looked for in its partition by that map first: it may be there.
 */
export function createPartitionsAppender(
  partitions: Partitions,
  options: Omit<AppenderOptions, 'epoch'>,
): PartitionsAppender {
  return new AppenderOverPartitions(partitions, options);
}

class AppenderOverPartitions implements PartitionsAppender {
  readonly #partitions: Partitions;
  readonly #options: AppenderOptions;
  readonly #guard: ReturnType<typeof guardOf>;
  readonly #deadlines: Deadlines<AppendResult>;
  readonly #identities = new EarlierIdentities();
  /** Those of the map that they were made under: what was chosen by one map is never appended by another. */
  #appends = new Map<Stream, PartitionAppends>();
  #epoch = 0;
  readonly #followMap: () => Promise<void>;

  constructor(partitions: Partitions, options: AppenderOptions) {
    this.#partitions = partitions;
    this.#followMap = createMapFollower(partitions);
    this.#options = options;
    this.#guard = guardOf(options);
    this.#deadlines = appendDeadlines(options);
  }

  append(event: Event, contentHash = contentHashOf(event)): Promise<AppendResult> {
    return new Promise((resolve, reject) => this.appendFor(event, contentHash, { resolve, reject }));
  }

  appendFor(event: Event, contentHash: string, waiter: Waiter<AppendResult>): void {
    const { size } = this.#deadlines;
    if (size < MAX_OPEN) this.#place(new Placing(event, contentHash, this.#deadlines.open(waiter), this.#onFailure));
    else waiter.reject(new StreamError('STREAM_OVERLOADED', `${size} writes are waiting for Redis already`));
  }

  drain(): Promise<void> {
    return this.#deadlines.drain();
  }

  #place(placing: Placing): void {
    const stream = this.#partitions.forEvent(placing.event);
    const appends = this.#appendsOf(stream);
    const earlier = this.#partitions.earlierFor(placing.event, stream);
    if (earlier.length === 0) this.#submit(placing, stream, appends);
    else void this.#placeIfUnknown(placing, earlier, () => this.#submit(placing, stream, appends));
  }

  #submit(placing: Placing, stream: Stream, appends: PartitionAppends): void {
    if (this.#guard.isHigh(stream)) placing.resolve({ kind: 'memory-high' });
    else appends.submit(placing.event, placing.contentHash, placing);
  }

  /** Looks where the event would have been before. Nothing is appended there any more: so it cannot appear later. */
  async #placeIfUnknown(placing: Placing, earlier: readonly Stream[], place: () => void): Promise<void> {
    const { event, contentHash } = placing;
    const identity = identityOf(event);
    try {
      const found = await Promise.all(earlier.map((stream) => this.#identities.find(stream, identity, contentHash)));
      const known = found.find((one) => one !== undefined);
      if (known !== undefined) placing.resolve(known);
      // Otherwise whoever sent it has been told already that it came to nothing.
      else if (placing.isOpen) place();
    } catch (error) {
      placing.reject(error);
    }
  }

  readonly #onFailure = (placing: Placing, error: unknown): void => {
    const mayRepeat = error instanceof StreamError && error.retryable && error.code !== 'STREAM_OVERLOADED';
    if (mayRepeat && performance.now() + RETRY_PAUSE_MS < placing.giveUpAt) void this.#placeAgain(placing, error);
    else placing.giveUp(error);
  };

  async #placeAgain(placing: Placing, error: StreamError): Promise<void> {
    const { code } = error;
    placing.tries += 1;
    if (code !== 'STREAM_MOVED') placing.known = error;
    if (code !== 'STREAM_MOVED' || placing.tries > 2) await sleep(RETRY_PAUSE_MS);
    if (!placing.isOpen) return;
    try {
      await this.#followMap();
      this.#place(placing);
    } catch (error) {
      placing.reject(error);
    }
  }

  #appendsOf(stream: Stream): PartitionAppends {
    const { epoch, partitions } = this.#partitions.map.active;
    if (epoch !== this.#epoch) {
      this.#appends = new Map();
      this.#epoch = epoch;
    }
    const known = this.#appends.get(stream);
    if (known !== undefined) return known;
    const share = { ...this.#options, epoch, maxBacklog: Math.ceil(this.#options.maxBacklog / partitions) };
    const made = new PartitionAppends(stream, share);
    this.#appends.set(stream, made);
    return made;
  }
}

/** An event on its way to its partition: what fails is placed again, by the map as it is then, while there is time. */
class Placing implements Wait<AppendResult> {
  tries = 1;

  constructor(
    readonly event: Event,
    readonly contentHash: string,
    private readonly wait: Wait<AppendResult>,
    private readonly onFailure: (placing: Placing, error: unknown) => void,
  ) {}

  get giveUpAt(): number {
    return this.wait.giveUpAt;
  }

  get isOpen(): boolean {
    return this.wait.isOpen;
  }

  get known(): Error | undefined {
    return this.wait.known;
  }

  set known(error: Error | undefined) {
    this.wait.known = error;
  }

  resolve(result: AppendResult): void {
    this.wait.resolve(result);
  }

  reject(error: unknown): void {
    this.onFailure(this, error);
  }

  giveUp(error: unknown): void {
    this.wait.reject(error);
  }
}
