import { Repetition } from '@millrace/core';
import type { Partitions } from './partitions.js';

/** How often the map is read, in ms. */
const READ_EVERY_MS = 1_000;

/** Reads the map again and again, for processes that have no other reason to notice that there are more partitions. */
export class MapWatch {
  readonly #reads: Repetition;

  /** `onError` is told of reads that failed; the next one comes. */
  constructor(partitions: Pick<Partitions, 'refresh'>, onError: (error: unknown) => void) {
    this.#reads = new Repetition(() => partitions.refresh().catch(onError), READ_EVERY_MS);
  }

  start(): void {
    this.#reads.start();
  }

  stop(): Promise<void> {
    return this.#reads.stop();
  }
}
