import { sleep } from '@millrace/core';
import type { Partitions } from './partitions.js';

/** How often the map is read, in ms. */
const READ_EVERY_MS = 1_000;

/** Reads the map again and again, for processes that have no other reason to notice that there are more partitions. */
export class MapWatch {
  readonly #partitions: Pick<Partitions, 'refresh'>;
  readonly #onError: (error: unknown) => void;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /** `onError` is told of reads that failed; the next one comes. */
  constructor(partitions: Pick<Partitions, 'refresh'>, onError: (error: unknown) => void) {
    this.#partitions = partitions;
    this.#onError = onError;
  }

  start(): void {
    this.#running = this.#repeat();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(READ_EVERY_MS, signal);
      if (!signal.aborted) await this.#partitions.refresh().catch(this.#onError);
    }
  }
}
