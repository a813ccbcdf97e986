import { setImmediate as nextTurn } from 'node:timers/promises';
import { sleep } from '@millrace/core';
import type { Logger } from '@millrace/runtime';
import type { Lease } from '@millrace/stream-client';
import type { HeldEntries } from './held-entries.js';
import { renewAll, type WorkedPartitions } from './partitions/leases.js';

/**
 * Renews the leases of everything that is held, and ends the handlers of what was lost. A beat that fails is one of six
 * that may fail before others claim; the next one comes.
 */
export class Heartbeat {
  readonly #partitions: WorkedPartitions;
  readonly #consumer: string;
  readonly #held: HeldEntries;
  readonly #everyMs: number;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #hasMissed = false;
  #trustedAt = 0;

  constructor(partitions: WorkedPartitions, consumer: string, held: HeldEntries, everyMs: number, logger: Logger) {
    this.#partitions = partitions;
    this.#consumer = consumer;
    this.#held = held;
    this.#everyMs = everyMs;
    this.#logger = logger;
  }

  /**
   * Whether the idle time of others says that they are gone. Not while beats fail, since then nobody's come through, nor
   * for two beats after: everybody who is alive is to be heard first.
   */
  get isIdleTrusted(): boolean {
    return !this.#hasMissed && performance.now() >= this.#trustedAt;
  }

  start(): void {
    this.#running = this.#beatUntilStopped();
  }

  /** Call it once nothing is held any more: until then others must see that this consumer is alive. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #beatUntilStopped(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#beat();
      await sleep(this.#everyMs, signal);
    }
  }

  async #beat(): Promise<void> {
    const leases = this.#held.leases();
    let lost: readonly Lease[];
    try {
      lost = await renewAll(this.#partitions, this.#consumer, leases);
    } catch (error) {
      this.#hasMissed = true;
      this.#logger.warn({ err: error }, 'could not renew leases');
      return;
    }
    if (this.#hasMissed) this.#trustedAt = performance.now() + 2 * this.#everyMs;
    this.#hasMissed = false;
    if (lost.length === 0) return;
    // What was settled right before the beat is not held in Redis either; its handler has heard so by the next turn.
    await nextTurn();
    const ended = this.#held.abort(lost);
    if (ended.length === 0) return;
    const entryIds = ended.map(({ entryId }) => entryId);
    this.#logger.warn({ entryIds }, 'lost entries to another consumer; their handlers are ended');
  }
}
