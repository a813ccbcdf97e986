import { sleep, untilAborted } from '@millrace/core';
import type { Logger } from '@millrace/runtime';
import type { ChangeFeed } from '@millrace/stream-client';

/** A feed that could not be opened is tried again after this long, in ms. */
const RETRY_MS = 5_000;

export type OnRefs = (refs: readonly string[]) => void;

/**
 * Tells everybody here who listens which records have just changed. While Redis does not let the subscription in, nobody
 * is told anything, and it is tried again: those who listen look from time to time by themselves.
 */
export class Changes {
  readonly #open: (onRefs: OnRefs) => Promise<ChangeFeed>;
  readonly #logger: Logger;
  readonly #listeners = new Set<OnRefs>();
  readonly #stopping = new AbortController();
  #reopening = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(open: (onRefs: OnRefs) => Promise<ChangeFeed>, logger: Logger) {
    this.#open = open;
    this.#logger = logger;
  }

  /** Returns the function that ends it. */
  listen(onRefs: OnRefs): () => void {
    this.#listeners.add(onRefs);
    return () => this.#listeners.delete(onRefs);
  }

  start(): void {
    this.#running = this.#hold();
  }

  /** Subscribes anew: to partitions that were not there before as well. What changes meanwhile is not told. */
  reopen(): void {
    this.#reopening.abort();
  }

  /** Closes the subscription, or gives up opening it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #hold(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#reopening = new AbortController();
      const ending = AbortSignal.any([signal, this.#reopening.signal]);
      const feed = await this.#tryOpen();
      if (feed === undefined) {
        await sleep(RETRY_MS, signal);
        continue;
      }
      await untilAborted(ending);
      await feed.close();
    }
  }

  async #tryOpen(): Promise<ChangeFeed | undefined> {
    try {
      return await this.#open((refs) => {
        for (const listener of this.#listeners) listener(refs);
      });
    } catch (error) {
      this.#logger.warn({ err: error }, 'changes of records are not told; what is live comes later');
      return undefined;
    }
  }
}
