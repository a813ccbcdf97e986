import { sleep, withDeadline } from '@millrace/core';
import { contentHashOf, type Event, identityOf } from '@millrace/events';
import { type Appender, type AppenderOptions, type AppendResult, createAppender, guardOf } from './append.js';
import { completeChange } from './change-partitions.js';
import { EarlierIdentities } from './earlier-identities.js';
import { StreamError } from './errors.js';
import type { Partitions } from './partitions.js';
import type { Stream } from './stream.js';

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
): Pick<Appender, 'append' | 'drain'> {
  const appender = new PartitionsAppender(partitions, options);
  return {
    append: (event, contentHash) => appender.append(event, contentHash),
    drain: () => appender.drain(),
  };
}

class PartitionsAppender implements Appender {
  readonly #partitions: Partitions;
  readonly #options: AppenderOptions;
  readonly #guard: ReturnType<typeof guardOf>;
  readonly #identities = new EarlierIdentities();
  /** Those of the map that they were made under: what was chosen by one map is never appended by another. */
  #appenders = new Map<Stream, Appender>();
  #epoch = 0;
  #open = 0;
  #whenNone: (() => void)[] = [];
  #following: Promise<void> | undefined;

  constructor(partitions: Partitions, options: AppenderOptions) {
    this.#partitions = partitions;
    this.#options = options;
    this.#guard = guardOf(options);
  }

  async append(event: Event, contentHash = contentHashOf(event)): Promise<AppendResult> {
    if (this.#open >= MAX_OPEN)
      throw new StreamError('STREAM_OVERLOADED', `${this.#open} writes are waiting for Redis already`);
    this.#open += 1;
    try {
      return await this.#appendUntilPlaced(event, contentHash);
    } finally {
      this.#open -= 1;
      if (this.#open === 0) for (const wake of this.#whenNone.splice(0)) wake();
    }
  }

  async drain(): Promise<void> {
    if (this.#open > 0) await new Promise<void>((resolve) => this.#whenNone.push(resolve));
  }

  async #appendUntilPlaced(event: Event, contentHash: string): Promise<AppendResult> {
    const giveUpAt = performance.now() + this.#options.deadlineMs;
    for (let tries = 1; ; tries++) {
      try {
        // As a rule nothing comes before the append, which keeps the deadline by itself.
        if (tries === 1 && this.#partitions.earlierFor(event).length === 0)
          return await this.#appenderFor(event).append(event, contentHash);
        const attempt = this.#lookAndAppend(event, contentHash, tries > 1, giveUpAt);
        return await withDeadline(attempt, giveUpAt - performance.now(), () => this.#lateError());
      } catch (error) {
        const mayRepeat = error instanceof StreamError && error.retryable && error.code !== 'STREAM_OVERLOADED';
        if (!mayRepeat || performance.now() + RETRY_PAUSE_MS >= giveUpAt) throw error;
        if (error.code !== 'STREAM_MOVED' || tries > 1) await sleep(RETRY_PAUSE_MS);
      }
    }
  }

  async #lookAndAppend(event: Event, contentHash: string, follows: boolean, giveUpAt: number): Promise<AppendResult> {
    if (follows) await this.#follow();
    const appender = this.#appenderFor(event);
    const known = await this.#findEarlier(event, contentHash);
    if (known !== undefined) return known;
    // Whoever sent it has been told so already.
    if (performance.now() >= giveUpAt) throw this.#lateError();
    return appender.append(event, contentHash);
  }

  #lateError(): StreamError {
    const { deadlineMs } = this.#options;
    return new StreamError('STREAM_UNAVAILABLE', `append: no answer from Redis within ${deadlineMs} ms`);
  }

  /** The map that is in force by now. Where a change of it has come to a stop half way, it is carried on from here. */
  #follow(): Promise<void> {
    this.#following ??= completeChange(this.#partitions).finally(() => {
      this.#following = undefined;
    });
    return this.#following;
  }

  /** What is known of the event where it would have been before. Nothing is appended there any more: so it cannot appear later. */
  async #findEarlier(event: Event, contentHash: string): Promise<AppendResult | undefined> {
    const earlier = this.#partitions.earlierFor(event);
    if (earlier.length === 0) return undefined;
    const identity = identityOf(event);
    const found = await Promise.all(earlier.map((stream) => this.#identities.find(stream, identity, contentHash)));
    return found.find((known) => known !== undefined);
  }

  #appenderFor(event: Event): Appender {
    const { map } = this.#partitions;
    const { epoch, partitions } = map.active;
    if (epoch !== this.#epoch) {
      this.#appenders = new Map();
      this.#epoch = epoch;
    }
    const stream = this.#partitions.forEvent(event);
    const known = this.#appenders.get(stream);
    if (known !== undefined) return known;
    const share = { ...this.#options, epoch, maxBacklog: Math.ceil(this.#options.maxBacklog / partitions) };
    const made = createAppender(stream, share, this.#guard);
    this.#appenders.set(stream, made);
    return made;
  }
}
