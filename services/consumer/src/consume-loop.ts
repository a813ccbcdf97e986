import { sleep, untilAborted } from '@millrace/core';
import type { Logger, Metrics } from '@millrace/runtime';
import { createGroup, type EntrySource, type Lease, type Stream, StreamError } from '@millrace/stream-client';
import { createEntryHandlers, type EntryHandlers } from './entry-handlers.js';
import { Heartbeat } from './heartbeat.js';
import { HeldEntries } from './held-entries.js';
import type { Handlings } from './partitions/handlings.js';
import { releaseAll, type WorkedPartitions } from './partitions/leases.js';
import { Sweeps } from './partitions/sweeps.js';
import { ReadAhead } from './read-ahead.js';
import { Sweep, type SweepOptions } from './sweep.js';

export interface ConsumeOptions extends SweepOptions {
  /** Entries worked on at once. Twice as many again may be held that wait, for a place or for Redis. */
  readonly concurrency: number;
  readonly heartbeatMs: number;
  /** How long handlers may go on after `stop`. */
  readonly drainMs: number;
}

/** How long places are gathered for one read while all that is read is taken at once, in ms. */
const GATHER_MS = 1;
/** Longest pause before Redis is tried again, in ms. */
const MAX_PAUSE_MS = 2_000;

/** Reads entries and hands each to a handler, as many at once as there are places; old work first. */
export class ConsumeLoop {
  readonly #partitions: WorkedPartitions;
  readonly #source: EntrySource;
  readonly #handlings: Handlings;
  readonly #options: ConsumeOptions;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #held: HeldEntries;
  readonly #handlers: EntryHandlers;
  readonly #heartbeat: Heartbeat;
  readonly #sweeps: Sweeps;
  readonly #ahead = new ReadAhead(performance.now());
  readonly #stopping = new AbortController();
  #lastReadAt = performance.now();
  /** Whether nothing that is read now is begun any more. */
  #isOver = false;
  /** Whether the last read gave as much as was asked for, or left partitions unasked, so that more is likely waiting. */
  #hasMore = false;
  #reading: Promise<void> = Promise.resolve();

  /** `findPending` names the partitions in which somebody may have left something; all of them unless it is given. */
  constructor(
    partitions: WorkedPartitions,
    source: EntrySource,
    handlings: Handlings,
    options: ConsumeOptions,
    logger: Logger,
    metrics: Metrics,
    findPending: () => readonly Stream[] = () => partitions.all,
  ) {
    this.#partitions = partitions;
    this.#source = source;
    this.#handlings = handlings;
    this.#options = options;
    this.#logger = logger;
    this.#metrics = metrics;
    this.#held = new HeldEntries(options.concurrency);
    this.#handlers = createEntryHandlers(handlings, this.#held, logger, metrics);
    this.#heartbeat = new Heartbeat(partitions, options.consumer, this.#held, options.heartbeatMs, logger);
    const { random } = handlings;
    const sweepOf = (one: Stream) => new Sweep(one, this.#held, this.#handlers, options, logger, metrics, random);
    this.#sweeps = new Sweeps(sweepOf, findPending, this.#heartbeat, logger, () => this.#room > 0);
  }

  /** Since the stream was last read with success, in ms: what readiness goes by. 0 while there is work to do instead. */
  get readAgeMs(): number {
    return this.#held.size > 0 ? 0 : performance.now() - this.#lastReadAt;
  }

  start(): void {
    this.#heartbeat.start();
    this.#reading = this.#readUntilStopped();
  }

  /**
   * Reads no more, lets handlers end for `drainMs`, aborts the rest and gives their entries back, so that others go on
   * with them at once. Leases are renewed to the end, so that nobody else starts the same work meanwhile.
   */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    await this.#endRead();
    const expiry = AbortSignal.timeout(this.#options.drainMs);
    // It may be at work on suspects, which nothing else is beside, and nothing waits for.
    await Promise.race([this.#reading, untilAborted(expiry)]);
    this.#isOver = true;
    await this.#giveUpWaiting();
    await this.#drain(expiry);
    await this.#heartbeat.stop();
    const unfinished = this.#held.leases();
    if (unfinished.length === 0) return;
    this.#held.abort(unfinished);
    const released = await this.#release(unfinished);
    this.#logger.warn({ released }, 'gave unfinished entries back to the group');
  }

  /** Nobody has begun those, so others need not wait for anything. */
  async #giveUpWaiting(): Promise<void> {
    const leases = this.#handlers.giveUpWaiting().map(({ lease }) => lease);
    try {
      await this.#release(leases);
    } catch (error) {
      this.#logger.warn({ err: error }, 'could not give entries back; others will claim them');
    }
  }

  #release(leases: readonly Lease[]): Promise<number> {
    return releaseAll(this.#partitions, this.#options.consumer, leases, this.#options.claimIdleMs);
  }

  async #readUntilStopped(): Promise<void> {
    const { signal } = this.#stopping;
    let pauseMs = 0;
    while (!signal.aborted) {
      try {
        await this.#readOnce(signal);
        pauseMs = 0;
      } catch (error) {
        pauseMs = Math.min(MAX_PAUSE_MS, Math.max(50, 2 * pauseMs));
        this.#logger.warn({ err: error, pauseMs }, 'could not read; trying again');
        if (error instanceof StreamError && error.code === 'STREAM_GROUP_MISSING') await this.#recreateGroup();
        await sleep(pauseMs * (0.5 + this.#handlings.random()), signal);
      }
    }
  }

  async #readOnce(signal: AbortSignal): Promise<void> {
    if (this.#room <= 0) return this.#held.nextLetGo(signal);
    // Old work first, or a busy stream would starve it.
    await this.#sweeps.runIfDue(signal);
    if (this.#hasMore) await this.#gatherPlaces(signal);
    const room = this.#room;
    if (room <= 0 || signal.aborted) return;
    const askedAt = performance.now();
    const entries = await this.#source.read(room);
    this.#lastReadAt = performance.now();
    const isFull = entries.length === room;
    if (this.#hasMore && isFull) this.#ahead.noteRead(this.#lastReadAt - askedAt);
    this.#hasMore = isFull || this.#source.hasMore?.() === true;
    this.#handlers.begin(entries);
    // A node that hung may answer when everybody has gone.
    if (this.#isOver) await this.#giveUpWaiting();
  }

  /** How many entries may be read now. */
  get #room(): number {
    const { free, room, ended } = this.#held;
    const ahead = this.#hasMore ? this.#ahead.count(ended, performance.now()) : 0;
    return Math.min(free + ahead - this.#handlers.waiting, room);
  }

  /** With work waiting, places are filled some at a time: a round trip for each would cost as much as settling does. */
  async #gatherPlaces(signal: AbortSignal): Promise<void> {
    if (this.#room < this.#options.concurrency / 8) await sleep(GATHER_MS, signal);
  }

  /** A read that cannot be woken, since Redis does not answer, is cut off: what it may still be given, others will claim. */
  async #endRead(): Promise<void> {
    try {
      await this.#source.wake();
    } catch (error) {
      this.#logger.warn({ err: error }, 'could not wake the read; closing its connection');
      await this.#source.close();
    }
  }

  /** Where some partitions cannot be reached, it is made in the others; the read of each of those says it again. */
  async #recreateGroup(): Promise<void> {
    const groups = await Promise.allSettled(this.#partitions.all.map((stream) => createGroup(stream)));
    const failed = groups.filter((group) => group.status === 'rejected');
    if (failed.length > 0) {
      const facts = { err: failed[0]?.reason, partitions: failed.length };
      this.#logger.warn(facts, 'could not make the consumer group everywhere');
    }
    const made = groups.flatMap((group) =>
      group.status === 'fulfilled' && group.value.kind === 'made' ? [group.value.lost] : [],
    );
    if (made.length === 0) return;
    const lost = made.reduce((sum, one) => sum + one, 0);
    this.#metrics.groupRecreated.inc();
    this.#metrics.lostEntries.inc(lost);
    this.#logger.error({ lost }, 'the consumer group was gone and has been made anew: Redis has lost data');
  }

  async #drain(expiry: AbortSignal): Promise<void> {
    while (this.#held.size > 0 && !expiry.aborted) await this.#held.nextLetGo(expiry);
    await this.#handlings.drain();
  }
}
