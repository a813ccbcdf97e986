import { sleep } from '@millrace/core';
import type { Logger, Metrics } from '@millrace/runtime';
import {
  type Claimed,
  claimIdle,
  createGroup,
  type Entry,
  type EntrySource,
  FIRST_CURSOR,
  type MalformedEntry,
  releaseLeases,
  renewLeases,
  type Stream,
  StreamError,
} from '@millrace/stream-client';
import { type Handling, handleEntry } from './handle-entry.js';
import { HeldEntries } from './held-entries.js';

export interface ConsumeOptions {
  readonly consumer: string;
  /** Entries handled at once. No more are ever read than there are free places. */
  readonly concurrency: number;
  readonly claimIdleMs: number;
  readonly heartbeatMs: number;
  readonly sweepMs: number;
  /** How long handlers may go on after `stop`. */
  readonly drainMs: number;
}

/** Starts without an end after which an entry is suspected of ending its consumers. */
const SUSPECT_STARTS = 2;
/** Longest time a suspect waits for the calls beside it to end, in ms. */
const MAX_WAIT_ALONE_MS = 30_000;

/** An entry that this process holds, and the signal that ends its handler. */
interface Held {
  readonly entry: Entry | MalformedEntry;
  readonly signal: AbortSignal;
}

/** Longest pause before Redis is tried again, in ms. */
const MAX_PAUSE_MS = 2_000;

/** Reads entries and hands each to `handleEntry`, as many at once as there are places. */
export class ConsumeLoop {
  readonly #stream: Stream;
  readonly #source: EntrySource;
  readonly #handling: Handling;
  readonly #options: ConsumeOptions;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #held: HeldEntries;
  readonly #stopping = new AbortController();
  #cursor = FIRST_CURSOR;
  #nextSweepAt = 0;
  /** Whether the last heartbeat failed: then nobody's may have come through, and idle says nothing. */
  #hasMissedBeat = false;
  /** Whether the last sweep saw entries that several consumers have not survived. */
  #hasSuspects = false;
  #lastReadAt = performance.now();
  #loops: Promise<unknown> = Promise.resolve();

  constructor(
    stream: Stream,
    source: EntrySource,
    handling: Handling,
    options: ConsumeOptions,
    logger: Logger,
    metrics: Metrics,
  ) {
    this.#stream = stream;
    this.#source = source;
    this.#handling = handling;
    this.#options = options;
    this.#logger = logger;
    this.#metrics = metrics;
    this.#held = new HeldEntries(options.concurrency);
  }

  /** Since the stream was last read with success, in ms: what readiness goes by. 0 while every place is taken. */
  get readAgeMs(): number {
    return this.#held.free === 0 ? 0 : performance.now() - this.#lastReadAt;
  }

  start(): void {
    this.#loops = Promise.all([this.#readUntilStopped(), this.#renewUntilStopped()]);
  }

  /**
   * Reads no more, lets handlers end for `drainMs`, aborts the rest and gives their entries back, so that others go on
   * with them at once.
   */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    await this.#endRead();
    await this.#loops;
    await this.#drain(AbortSignal.timeout(this.#options.drainMs));
    const unfinished = this.#held.leases();
    if (unfinished.length === 0) return;
    this.#held.abort(unfinished);
    const released = await releaseLeases(this.#stream, this.#options.consumer, unfinished, this.#options.claimIdleMs);
    this.#logger.warn({ released }, 'gave unfinished entries back to the group');
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
        await sleep(pauseMs * (0.5 + this.#handling.random()), signal);
      }
    }
  }

  async #readOnce(signal: AbortSignal): Promise<void> {
    if (this.#held.free <= 0) return this.#held.nextLetGo(signal);
    // Old work first, or a busy stream would starve it.
    if (!this.#hasMissedBeat && performance.now() >= this.#nextSweepAt) await this.#sweep(signal);
    if (this.#hasSuspects) await this.#handleSuspects(signal);
    const free = this.#held.free;
    if (free <= 0 || signal.aborted) return;
    const entries = await this.#source.read(free);
    this.#lastReadAt = performance.now();
    for (const entry of entries) this.#begin(entry);
  }

  /** Claims until every pending entry has been looked at, or no place is free: in bounded steps, without a pause. */
  async #sweep(signal: AbortSignal): Promise<void> {
    do {
      const claimed = await this.#claim(this.#held.free, false);
      for (const entry of claimed.entries) this.#begin(entry);
      if (claimed.suspects > 0) this.#hasSuspects = true;
    } while (this.#cursor !== FIRST_CURSOR && this.#held.free > 0 && !signal.aborted);
    if (this.#cursor !== FIRST_CURSOR) return;
    this.#nextSweepAt = performance.now() + this.#options.sweepMs * (0.8 + 0.4 * this.#handling.random());
  }

  /**
   * An entry that ends its process shall take no other with it. So suspects are claimed one at a time, once nothing else
   * is running here, and nothing else begins until each has ended. Calls that take too long to wait for put it off.
   */
  async #handleSuspects(stopping: AbortSignal): Promise<void> {
    const expiry = AbortSignal.any([stopping, AbortSignal.timeout(MAX_WAIT_ALONE_MS)]);
    while (this.#held.size > 0 && !expiry.aborted) await this.#held.nextLetGo(expiry);
    this.#hasSuspects = false;
    let cursor = FIRST_CURSOR;
    while (this.#held.size === 0 && !stopping.aborted) {
      const claimed = await this.#claim(1, true, cursor);
      for (const entry of claimed.entries) await this.#handle({ entry, signal: this.#held.hold(entry) });
      cursor = claimed.cursor;
      if (cursor === FIRST_CURSOR && claimed.entries.length === 0) return;
    }
  }

  async #claim(maxCount: number, takesSuspects: boolean, from?: string): Promise<Claimed> {
    const { consumer, claimIdleMs: minIdleMs } = this.#options;
    const options = { minIdleMs, maxCount, suspectStarts: SUSPECT_STARTS, takesSuspects, cursor: from ?? this.#cursor };
    const claimed = await claimIdle(this.#stream, consumer, options);
    if (from === undefined) this.#cursor = claimed.cursor;
    if (claimed.lostIds.length > 0) {
      this.#metrics.lostEntries.inc(claimed.lostIds.length);
      this.#logger.error(
        { entryIds: claimed.lostIds },
        'pending entries have vanished from the stream: events are lost',
      );
    }
    if (claimed.entries.length > 0) {
      this.#metrics.redeliveries.inc(claimed.entries.length);
      this.#logger.info({ entries: claimed.entries.length }, 'claimed entries that their consumer did not settle');
    }
    return claimed;
  }

  #begin(entry: Entry | MalformedEntry): void {
    void this.#handle({ entry, signal: this.#held.hold(entry) });
  }

  async #handle({ entry, signal }: Held): Promise<void> {
    this.#metrics.inflight.set(this.#held.size);
    try {
      await handleEntry(entry, this.#handling, (running) => this.#held.note(entry, running), signal);
    } catch (error) {
      const facts = { ref: entry.ref, entryId: entry.id, err: error };
      this.#logger.error(facts, 'handling failed; the entry stays pending');
    }
    this.#held.letGo(entry);
    this.#metrics.inflight.set(this.#held.size);
  }

  async #renewUntilStopped(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#renew();
      await sleep(this.#options.heartbeatMs, signal);
    }
  }

  /** A beat that fails is one of six that may fail before others claim; the next one comes. */
  async #renew(): Promise<void> {
    try {
      const leases = this.#held.leases();
      const lost = new Set(await renewLeases(this.#stream, this.#options.consumer, leases));
      this.#resumeSweeps();
      this.#held.abort(leases.filter(({ entryId }) => lost.has(entryId)));
      if (lost.size > 0)
        this.#logger.warn({ entryIds: [...lost] }, 'lost entries to another consumer; their handlers are ended');
    } catch (error) {
      this.#hasMissedBeat = true;
      this.#logger.warn({ err: error }, 'could not renew leases');
    }
  }

  /** After Redis was away every consumer gets two beats to show that it is alive, before its entries are claimed. */
  #resumeSweeps(): void {
    if (!this.#hasMissedBeat) return;
    this.#hasMissedBeat = false;
    this.#nextSweepAt = performance.now() + 2 * this.#options.heartbeatMs;
  }

  async #recreateGroup(): Promise<void> {
    try {
      if (!(await createGroup(this.#stream))) return;
      this.#metrics.groupRecreated.inc();
      this.#logger.error('the consumer group was gone and has been made anew: Redis has lost data');
    } catch (error) {
      this.#logger.warn({ err: error }, 'could not make the consumer group');
    }
  }

  /** Leases are renewed while handlers end, so that nobody else starts the same work. */
  async #drain(expiry: AbortSignal): Promise<void> {
    const beat = setInterval(() => void this.#renew(), this.#options.heartbeatMs);
    try {
      while (this.#held.size > 0 && !expiry.aborted) await this.#held.nextLetGo(expiry);
      await this.#handling.settler.drain();
    } finally {
      clearInterval(beat);
    }
  }
}
