import type { Logger, Metrics } from '@millrace/runtime';
import { type Claimed, claimIdle, FIRST_CURSOR, rebaseTimes, type Stream } from '@millrace/stream-client';
import type { EntryHandlers } from './entry-handlers.js';
import type { HeldEntries } from './held-entries.js';
import { RedisTime } from './redis-time.js';
import { sweepPauseMs } from './sweep-pause.js';

/** Starts without an end after which an entry is suspected of ending its consumers. */
const SUSPECT_STARTS = 2;
/** So many suspects are started side by side the first time. */
const SUSPECTS_TOGETHER = 8;
/** Starts that have to be left for a suspect to be alone with, or it is alone at once. */
const STARTS_ALONE = 2;
/** Longest time a suspect waits for the calls beside it to end, in ms. */
const MAX_WAIT_ALONE_MS = 30_000;

export interface SweepOptions {
  readonly consumer: string;
  readonly claimIdleMs: number;
  readonly sweepMs: number;
  /** Starts after which an entry is taken for one that kills its consumer. */
  readonly maxStarts: number;
}

/** Takes over what other consumers have left, and hands it to handlers. */
export class Sweep {
  readonly #stream: Stream;
  readonly #held: HeldEntries;
  readonly #handlers: Pick<EntryHandlers, 'run' | 'begin'>;
  readonly #options: SweepOptions;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #random: () => number;
  #cursor = FIRST_CURSOR;
  /** When the pass that the cursor is in began: what it has gone by since may have been left meanwhile. */
  #passBeganAt = 0;
  #nextAt = 0;
  /** In the group, as of the last claim. */
  #consumers = 1;
  /** Whether the last pass saw entries that several consumers have not survived. */
  #hasSuspects = false;
  readonly #time = new RedisTime(() => performance.now());
  /** Before this moment nothing is claimed: Redis' clock was set forward, and the living are to be heard first. */
  #pausedUntil = 0;
  #isRebased = false;

  constructor(
    stream: Stream,
    held: HeldEntries,
    handlers: Pick<EntryHandlers, 'run' | 'begin'>,
    options: SweepOptions,
    logger: Logger,
    metrics: Metrics,
    random: () => number,
  ) {
    this.#stream = stream;
    this.#held = held;
    this.#handlers = handlers;
    this.#options = options;
    this.#logger = logger;
    this.#metrics = metrics;
    this.#random = random;
  }

  /** Sweeps when it is time, and resolves at once when it is not. Suspects are handled to their end before it resolves. */
  async runIfDue(signal: AbortSignal): Promise<void> {
    if (performance.now() < this.#nextAt || this.#isPaused) return;
    if (!this.#isRebased) await this.#rebase();
    await this.#claimAll(signal);
    if (this.#hasSuspects) await this.#handleSuspects(signal);
  }

  /**
   * Claims until every pending entry has been looked at, or no place is free: in bounded steps, without a pause. A pass that
   * waited for places in its middle has gone by some long ago: where the next one should have begun already, it follows at once.
   */
  async #claimAll(signal: AbortSignal): Promise<void> {
    const wasInterrupted = this.#cursor !== FIRST_CURSOR;
    await this.#goThrough(signal);
    if (wasInterrupted && performance.now() >= this.#nextAt && this.#mayGoOn(signal)) await this.#goThrough(signal);
  }

  async #goThrough(signal: AbortSignal): Promise<void> {
    do {
      if (this.#held.room <= 0) return;
      if (this.#cursor === FIRST_CURSOR) this.#passBeganAt = performance.now();
      // One at least: where entries are read ahead, no place may be free at any time.
      const count = Math.min(Math.max(1, this.#held.free), this.#held.room);
      const claimed = await this.#claim(this.#cursor, count, SUSPECT_STARTS - 1);
      this.#cursor = claimed.cursor;
      this.#handlers.begin(claimed.entries);
      if (claimed.left > 0) this.#hasSuspects = true;
    } while (this.#cursor !== FIRST_CURSOR && this.#mayGoOn(signal));
    // Jittered, so that consumers which were started together do not sweep in step.
    const isThrough = this.#cursor === FIRST_CURSOR;
    const pauseMs = sweepPauseMs(this.#options, this.#consumers);
    if (isThrough) this.#nextAt = this.#passBeganAt + pauseMs * (0.8 + 0.4 * this.#random());
  }

  #mayGoOn(signal: AbortSignal): boolean {
    return this.#held.hasPlace && !signal.aborted && !this.#isPaused;
  }

  /**
   * An entry that ends its process shall take no other with it to the dead letters. So suspects are claimed once nothing
   * else is running here, and nothing else begins until they have ended: some at a time, as most are only what the guilty
   * one had beside it; and one at a time those that have not come to an end there either. Calls that take too long to wait
   * for put it off.
   */
  async #handleSuspects(stopping: AbortSignal): Promise<void> {
    const expiry = AbortSignal.any([stopping, AbortSignal.timeout(MAX_WAIT_ALONE_MS)]);
    while (this.#held.size > 0 && !expiry.aborted) await this.#held.nextLetGo(expiry);
    this.#hasSuspects = false;
    const startsAfter = this.#options.maxStarts - (SUSPECT_STARTS + 1);
    if (startsAfter >= STARTS_ALONE) await this.#handleApart(SUSPECTS_TOGETHER, SUSPECT_STARTS, stopping);
    await this.#handleApart(1, undefined, stopping);
  }

  /** Claims what there is, `together` at a time, and handles each lot to its end. */
  async #handleApart(together: number, mostStarts: number | undefined, stopping: AbortSignal): Promise<void> {
    let cursor = FIRST_CURSOR;
    while (this.#held.size === 0 && !stopping.aborted && !this.#isPaused) {
      const claimed = await this.#claim(cursor, together, mostStarts);
      await Promise.all(claimed.entries.map((entry) => this.#handlers.run(entry)));
      cursor = claimed.cursor;
      if (cursor === FIRST_CURSOR && claimed.entries.length === 0) return;
    }
  }

  async #claim(cursor: string, maxCount: number, mostStarts: number | undefined): Promise<Claimed> {
    const { consumer, claimIdleMs: minIdleMs } = this.#options;
    const expected = { redisMs: this.#time.expectedMs, toleranceMs: minIdleMs / 2 };
    const options = { cursor, maxCount, minIdleMs, expected, ...(mostStarts === undefined ? {} : { mostStarts }) };
    const askedAt = performance.now();
    const claimed = await claimIdle(this.#stream, consumer, options);
    const { entries, lostIds } = claimed;
    this.#consumers = claimed.consumers;
    this.#noticeJump(this.#time.hear(claimed.redisMs, askedAt), expected.toleranceMs);
    if (lostIds.length > 0) {
      this.#metrics.lostEntries.inc(lostIds.length);
      this.#logger.error({ entryIds: lostIds }, 'pending entries have vanished from the stream: events are lost');
    }
    if (entries.length > 0) {
      this.#metrics.redeliveries.inc(entries.length);
      this.#logger.info({ entries: entries.length }, 'claimed entries that their consumer did not settle');
    }
    return claimed;
  }

  get #isPaused(): boolean {
    return performance.now() < this.#pausedUntil;
  }

  /**
   * Set forward, the clock makes everything look idle, the work of the living too: they get a claim time to show
   * themselves. Set back, it makes nothing look idle, and no retry due, any more.
   */
  #noticeJump(jumpMs: number, toleranceMs: number): void {
    if (Math.abs(jumpMs) <= toleranceMs) return;
    this.#logger.warn({ jumpMs }, "Redis' clock has jumped; what counts by it is counted from now on");
    if (jumpMs > 0) this.#pausedUntil = performance.now() + this.#options.claimIdleMs;
    else this.#isRebased = false;
  }

  async #rebase(): Promise<void> {
    await rebaseTimes(this.#stream);
    this.#isRebased = true;
  }
}
