import type { Logger } from '@millrace/runtime';
import {
  expireParked,
  type FindPause,
  forgetIdleConsumers,
  type Look,
  lookAt,
  type Outcome,
  type Retention,
  rebaseTimes,
  type Stream,
  type StreamClock,
  StreamError,
  type WakeWord,
} from '@millrace/stream-client';
import {
  type Chore,
  createMending,
  FORGET_AFTER_MS,
  MAX_EXPIRED,
  PROMOTE_EVERY_MS,
  promoteAll,
  TRIM_EVERY_MS,
  trimAll,
} from '../housekeeping.js';

/** How often a partition is looked at in which there was nothing, in ms: for the case that a wake-up was lost. */
const IDLE_LOOK_MS = 120_000;
/** When a look that failed is repeated, in ms. */
const LOOK_AGAIN_MS = 1_000;
/** What lies in an outbox for this long, in ms, was left there by somebody. */
const LEFT_BEHIND_MS = 500;
/** Partitions that are looked at or tidied at once. */
const MAX_AT_ONCE = 32;
/** A trim of a partition at rest that had nothing to drop is repeated after this, in ms. */
const IDLE_TRIM_MS = 900_000;

export interface WatchOptions {
  /** How often a partition is looked at in which there is something, in ms. */
  readonly sweepMs: number;
  /** Of all partitions together; each has its share of the bytes. */
  readonly retention: Retention;
  readonly findPause: FindPause;
  /** Told of a partition that has something to read. */
  readonly notice: (stream: Stream) => void;
  /** Told of a partition in which something waits to go on in another. */
  readonly onDeparted: (stream: Stream) => void;
  readonly random: () => number;
  readonly clock: Pick<StreamClock, 'now'>;
}

/** What is known of a partition. */
interface Watched {
  readonly stream: Stream;
  readonly mend: () => Promise<unknown>;
  /** When it is looked at next, by this process's clock. */
  lookAt: number;
  trimAt: number;
  hasPending: boolean;
  isRebased: boolean;
  isAtRest: boolean;
}

/**
 * Keeps many partitions tidy and finds what wake-ups do not tell. A partition in which there is something to do is looked at
 * in short intervals, and at the very time at which something in it is due; one at rest hardly ever. So what partitions
 * cost is what is in them, and not how many they are.
 */
export class PartitionWatch {
  readonly #options: WatchOptions;
  readonly #logger: Logger;
  readonly #watched = new Map<Stream, Watched>();

  constructor(options: WatchOptions, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
  }

  /** Watches these as well. */
  add(streams: readonly Stream[]): void {
    const rest = { lookAt: 0, trimAt: 0, hasPending: false, isRebased: false, isAtRest: true };
    for (const stream of streams)
      this.#watched.set(stream, { stream, mend: createMending(stream, this.#logger), ...rest });
  }

  /** The partitions in which somebody holds entries, as of the last look. */
  readonly findPending = (): readonly Stream[] => {
    const streams: Stream[] = [];
    for (const { stream, hasPending } of this.#watched.values()) if (hasPending) streams.push(stream);
    return streams;
  };

  /** A wake-up was heard, or some may not have been. */
  readonly hear = (stream: Stream, heard: WakeWord | 'gap'): void => {
    const withinMs = { new: this.#options.sweepMs, later: 0, gap: LOOK_AGAIN_MS }[heard];
    this.#lookWithin(this.#watched.get(stream), withinMs);
  };

  /** This consumer has settled an outcome: what waits is looked for when its time has come. */
  noteSettled(stream: Stream | undefined, { state, delayMs = 0, leaves }: Outcome): void {
    const one = stream && this.#watched.get(stream);
    if (state === 'retrying' || state === 'parked') this.#lookAtLatest(one, delayMs);
    if (leaves !== undefined) this.#lookAtLatest(one, 0);
  }

  /** Redis' clock was set back: what waits by it is counted anew. */
  noteJumpBack(): void {
    for (const one of this.#watched.values()) {
      one.isRebased = false;
      this.#lookWithin(one, LOOK_AGAIN_MS);
    }
  }

  /** The chore: looks at those whose time it is. */
  get chore(): Chore {
    return { name: 'look after partitions', everyMs: PROMOTE_EVERY_MS, run: (signal) => this.#lookAtDue(signal) };
  }

  async #lookAtDue(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const due = [...this.#watched.values()].filter((one) => one.lookAt <= now);
    let at = 0;
    const work = async () => {
      for (let one = due[at++]; one !== undefined && !signal.aborted; one = due[at++]) await this.#attend(one, signal);
    };
    // All end before the first failure is told: nothing of a round goes on beside the next.
    const ends = await Promise.allSettled(Array.from({ length: Math.min(MAX_AT_ONCE, due.length) }, work));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  async #attend(one: Watched, signal: AbortSignal): Promise<void> {
    // What is heard while it is looked at is not forgotten over it.
    one.lookAt = Number.POSITIVE_INFINITY;
    try {
      this.#plan(one, await this.#tidy(one, signal));
    } catch (error) {
      this.#lookAtLatest(one, LOOK_AGAIN_MS);
      const isGroupMissing = error instanceof StreamError && error.code === 'STREAM_GROUP_MISSING';
      if (!isGroupMissing) throw error;
      // Whoever reads it finds the same, and makes the group anew.
      this.#options.notice(one.stream);
    }
  }

  /** Does what there is to do, and resolves with what is left. */
  async #tidy(one: Watched, signal: AbortSignal): Promise<Look> {
    const { findPause, notice, onDeparted } = this.#options;
    const { stream } = one;
    let look = await this.#look(stream);
    const isWaiting = look.dueAt !== undefined || look.expiresAt !== undefined;
    if (!one.isRebased && (look.pending > 0 || isWaiting)) await rebaseTimes(stream);
    one.isRebased = true;
    if (look.dueAt !== undefined && look.dueAt <= look.nowMs) {
      await promoteAll(stream, findPause, signal);
      notice(stream);
      look = await this.#look(stream);
    }
    if (look.expiresAt !== undefined && look.expiresAt <= look.nowMs) await expireParked(stream, MAX_EXPIRED);
    if (look.lanes > 0) await one.mend();
    // What was put there a moment ago is being moved by whoever did.
    if (look.departedAt !== undefined && look.departedAt <= look.nowMs - LEFT_BEHIND_MS) onDeparted(stream);
    if (look.gone > 0) await forgetIdleConsumers(stream, FORGET_AFTER_MS);
    if (look.hasUndelivered) notice(stream);
    await this.#trim(one, look, signal);
    return look;
  }

  #look(stream: Stream): Promise<Look> {
    return lookAt(stream, this.#options.clock.now() - FORGET_AFTER_MS);
  }

  /** As often as there is something new, once more when it comes to rest, and then when its oldest entry has had its time. */
  async #trim(one: Watched, look: Look, signal: AbortSignal): Promise<void> {
    const { retention: whole } = this.#options;
    const retention = { ...whole, maxBytes: Math.ceil(whole.maxBytes / this.#watched.size) };
    const comesToRest = !one.isAtRest && isAtRest(look);
    const isOld = look.oldestAt !== undefined && look.oldestAt < look.nowMs - retention.maxAgeMs;
    const isTime = performance.now() >= one.trimAt && (isOld || !isAtRest(look));
    if (!comesToRest && !isTime) return;
    await trimAll(one.stream, retention, signal);
    one.trimAt = performance.now() + (isAtRest(look) ? IDLE_TRIM_MS : TRIM_EVERY_MS);
  }

  #plan(one: Watched, look: Look): void {
    const { sweepMs, random } = this.#options;
    one.hasPending = look.pending > 0;
    one.isAtRest = isAtRest(look);
    // Jittered, so that consumers which were started together do not look in step.
    const jitter = 0.8 + 0.4 * random();
    const times = [(one.isAtRest ? IDLE_LOOK_MS : sweepMs) * jitter];
    for (const at of [look.dueAt, look.expiresAt]) if (at !== undefined) times.push(Math.max(0, at - look.nowMs));
    this.#lookAtLatest(one, Math.min(...times));
  }

  /** Somewhere within the time, so that not all consumers come at once. */
  #lookWithin(one: Watched | undefined, ms: number): void {
    this.#lookAtLatest(one, ms * this.#options.random());
  }

  #lookAtLatest(one: Watched | undefined, ms: number): void {
    if (one !== undefined) one.lookAt = Math.min(one.lookAt, performance.now() + ms);
  }
}

/** Whether nothing would be found by looking again, unless something is put in. What waits for a time has its own. */
function isAtRest({ hasUndelivered, pending, lanes, departedAt }: Look): boolean {
  return !hasUndelivered && pending === 0 && lanes === 0 && departedAt === undefined;
}
