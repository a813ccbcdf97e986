import { sleep } from '@millrace/core';
import type { Logger } from '@millrace/runtime';
import { forgetIdleConsumers, promoteDue, type Retention, type Stream, trimSettled } from '@millrace/stream-client';

/** How often the chores are done, in ms. Every consumer does them; each is safe to do twice. */
const PROMOTE_EVERY_MS = 200;
const TRIM_EVERY_MS = 15_000;
const FORGET_EVERY_MS = 60_000;
/** A consumer unheard of for this long, and holding nothing, is gone. */
const FORGET_AFTER_MS = 600_000;
const MAX_PROMOTED = 500;

/** The work that keeps a partition tidy: due retries go back to the stream, settled entries and dead names go. */
export class Housekeeping {
  readonly #stopping = new AbortController();
  readonly #chores: readonly Chore[];
  readonly #logger: Logger;
  readonly #random: () => number;
  #running: Promise<unknown> = Promise.resolve();

  constructor(stream: Stream, retention: Retention, logger: Logger, random: () => number) {
    this.#logger = logger;
    this.#random = random;
    this.#chores = [
      { name: 'promote due retries', everyMs: PROMOTE_EVERY_MS, run: () => promoteAll(stream) },
      { name: 'trim settled entries', everyMs: TRIM_EVERY_MS, run: () => trimSettled(stream, retention) },
      {
        name: 'forget idle consumers',
        everyMs: FORGET_EVERY_MS,
        run: () => forgetIdleConsumers(stream, FORGET_AFTER_MS),
      },
    ];
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
        await chore.run();
      } catch (error) {
        this.#logger.warn({ err: error, chore: chore.name }, 'a chore failed; it will be tried again');
        await sleep(1_000, signal);
      }
    }
  }
}

interface Chore {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<unknown>;
}

/** In bounded batches, so that ten thousand retries due at once do not hold Redis up. */
async function promoteAll(stream: Stream): Promise<void> {
  while ((await promoteDue(stream, MAX_PROMOTED)) === MAX_PROMOTED);
}
