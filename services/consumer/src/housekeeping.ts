import { sleep } from '@millrace/core';
import type { Logger } from '@millrace/runtime';
import {
  expireParked,
  type FindPause,
  forgetIdleConsumers,
  mendLanes,
  promoteDue,
  type Retention,
  type Stream,
  type StreamClock,
  trimSettled,
} from '@millrace/stream-client';

/** How often the chores are done, in ms. Every consumer does them; each is safe to do twice. */
export const PROMOTE_EVERY_MS = 200;
const EXPIRE_EVERY_MS = 1_000;
const MEND_EVERY_MS = 2_000;
const CLOCK_EVERY_MS = 5_000;
export const TRIM_EVERY_MS = 15_000;
const FORGET_EVERY_MS = 60_000;
/** A consumer unheard of for this long, and holding nothing, is gone. */
export const FORGET_AFTER_MS = 600_000;
const MAX_PROMOTED = 500;
export const MAX_EXPIRED = 100;
const MAX_MENDED = 500;
/** A trim that dropped this many may have left more behind. */
const MANY_TRIMMED = 1_000;

/** Chores that are done for as long as the process runs, each by its own rhythm. */
export class Housekeeping {
  readonly #stopping = new AbortController();
  readonly #chores: readonly Chore[];
  readonly #logger: Logger;
  readonly #random: () => number;
  #running: Promise<unknown> = Promise.resolve();

  constructor(chores: readonly Chore[], logger: Logger, random: () => number) {
    this.#chores = chores;
    this.#logger = logger;
    this.#random = random;
  }

  start(): void {
    this.#running = Promise.all(this.#chores.map((chore) => this.#repeat(chore)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #repeat(chore: Chore): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      // Jittered, so that consumers which were started together do not work in step.
      await sleep(chore.everyMs * (0.8 + 0.4 * this.#random()), signal);
      if (signal.aborted) return;
      try {
        await chore.run(signal);
      } catch (error) {
        this.#logger.warn({ err: error, chore: chore.name }, 'a chore failed; it will be tried again');
        await sleep(1_000, signal);
      }
    }
  }
}

/** Work that is done again and again, with a pause in between. Safe to do twice. */
export interface Chore {
  readonly name: string;
  readonly everyMs: number;
  readonly run: (signal: AbortSignal) => Promise<unknown>;
}

/** Asks Redis for its time, for whoever goes by it. */
export function readClock(clock: StreamClock): Chore {
  return { name: 'read the clock of Redis', everyMs: CLOCK_EVERY_MS, run: () => clock.refresh() };
}

/**
 * What keeps the only partition tidy: due retries go back to the stream, settled entries and dead names go. `findPause`
 * says which deliveries are not to go back yet.
 */
export function choresOf(stream: Stream, retention: Retention, logger: Logger, findPause: FindPause): Chore[] {
  return [
    { name: 'promote due retries', everyMs: PROMOTE_EVERY_MS, run: (signal) => promoteAll(stream, findPause, signal) },
    { name: 'expire what nobody answered', everyMs: EXPIRE_EVERY_MS, run: () => expireParked(stream, MAX_EXPIRED) },
    { name: 'mend lanes', everyMs: MEND_EVERY_MS, run: createMending(stream, logger) },
    { name: 'trim settled entries', everyMs: TRIM_EVERY_MS, run: (signal) => trimAll(stream, retention, signal) },
    {
      name: 'forget idle consumers',
      everyMs: FORGET_EVERY_MS,
      run: () => forgetIdleConsumers(stream, FORGET_AFTER_MS),
    },
  ];
}

/** In bounded batches, so that ten thousand retries due at once do not hold Redis up. */
export async function promoteAll(stream: Stream, findPause: FindPause, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await promoteDue(stream, MAX_PROMOTED, findPause)) === MAX_PROMOTED);
}

/** A part of the lanes at a time, so that however many there are, Redis is not held up. */
export function createMending(stream: Stream, logger: Logger): () => Promise<void> {
  let next = '0';
  return async () => {
    const { cursor, taken } = await mendLanes(stream, next, MAX_MENDED);
    next = cursor;
    if (taken > 0) logger.warn({ taken }, 'took deliveries out of lanes that they would not have left by themselves');
  };
}

/** Goes on while there is much to drop, so that retention keeps up with any load that settling keeps up with. */
export async function trimAll(stream: Stream, retention: Retention, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await trimSettled(stream, retention)) >= MANY_TRIMMED);
}
