import type { Logger, Metrics } from '@millrace/runtime';
import type { Moved, Stream } from '@millrace/stream-client';

/** Moves what lies in the outbox of a partition. */
export interface Mover {
  move(outbox: Stream, signal: AbortSignal): Promise<Moved>;
}

/**
 * Has outboxes emptied as soon as there is reason to: after a settlement that put something in, and where somebody else has
 * left something. Any number of consumers may; what one leaves behind, another finds when it looks at the partition.
 */
export class Outboxes {
  readonly #mover: Mover;
  readonly #logger: Logger;
  readonly #metrics: Pick<Metrics, 'arrivals'>;
  readonly #stopping = new AbortController();
  readonly #moving = new Map<Stream, Promise<void>>();
  /** Those into which something was put while they were being emptied. */
  readonly #again = new Set<Stream>();

  constructor(mover: Mover, logger: Logger, metrics: Pick<Metrics, 'arrivals'>) {
    this.#mover = mover;
    this.#logger = logger;
    this.#metrics = metrics;
  }

  /** Begins to empty an outbox, unless this is under way: then it is looked into once more. Never throws. */
  readonly empty = (outbox: Stream): void => {
    if (this.#stopping.signal.aborted) return;
    if (this.#moving.has(outbox)) {
      this.#again.add(outbox);
      return;
    }
    const moving = this.#moveUntilEmpty(outbox).finally(() => {
      this.#moving.delete(outbox);
      // Something was put in between the last look and now.
      if (this.#again.delete(outbox)) this.empty(outbox);
    });
    this.#moving.set(outbox, moving);
  };

  /** Ends after the page that is under way. What is left is for others. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#moving.values());
  }

  async #moveUntilEmpty(outbox: Stream): Promise<void> {
    const { partition } = outbox.keys;
    const { signal } = this.#stopping;
    do {
      this.#again.delete(outbox);
      try {
        const { arrived, error } = await this.#mover.move(outbox, signal);
        this.#metrics.arrivals.inc(arrived);
        if (error !== undefined)
          this.#logger.warn({ partition, err: error }, 'what is to go to another partition is held up');
      } catch (error) {
        this.#logger.warn({ partition, err: error }, 'the outbox could not be emptied; it will be tried again');
        return;
      }
    } while (this.#again.has(outbox) && !signal.aborted);
  }
}
