import { setImmediate as nextTurn } from 'node:timers/promises';
import { sleep } from '@millrace/core';
import type { Logger } from '@millrace/runtime';
import type { Stream } from '@millrace/stream-client';
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
  /** Of partitions in which a beat has failed: from when on their idle times can be relied on again. */
  readonly #trustedAt = new Map<string, number>();

  constructor(partitions: WorkedPartitions, consumer: string, held: HeldEntries, everyMs: number, logger: Logger) {
    this.#partitions = partitions;
    this.#consumer = consumer;
    this.#held = held;
    this.#everyMs = everyMs;
    this.#logger = logger;
  }

  /**
   * Whether the idle time of others in a partition says that they are gone. Not while beats fail there, since then
   * nobody's come through, nor for two beats after: everybody who is alive is to be heard first.
   */
  isIdleTrusted({ keys }: Stream): boolean {
    return performance.now() >= (this.#trustedAt.get(keys.partition) ?? 0);
  }

  /** A partition did not answer. Until it does, a beat goes there too, though nothing may be held there. */
  noteMissed({ keys }: Stream): void {
    this.#trustedAt.set(keys.partition, Number.POSITIVE_INFINITY);
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
    const missed = [...this.#trustedAt.keys()];
    const leases = this.#held.leases();
    const { lost, answers } = await renewAll(this.#partitions, this.#consumer, leases, missed);
    const errors: unknown[] = [];
    for (const [partition, { error }] of answers) {
      if (error === undefined) this.#noteAnswer(partition);
      else this.#trustedAt.set(partition, Number.POSITIVE_INFINITY);
      if (error !== undefined) errors.push(error);
    }
    if (errors.length > 0) this.#logger.warn({ err: errors[0], partitions: errors.length }, 'could not renew leases');
    if (lost.length === 0) return;
    // What was settled right before the beat is not held in Redis either; its handler has heard so by the next turn.
    await nextTurn();
    const ended = this.#held.abort(lost);
    if (ended.length === 0) return;
    const entryIds = ended.map(({ entryId }) => entryId);
    this.#logger.warn({ entryIds }, 'lost entries to another consumer; their handlers are ended');
  }

  #noteAnswer(partition: string): void {
    const trustedAt = this.#trustedAt.get(partition);
    if (trustedAt === Number.POSITIVE_INFINITY) this.#trustedAt.set(partition, performance.now() + 2 * this.#everyMs);
    else if (trustedAt !== undefined && trustedAt <= performance.now()) this.#trustedAt.delete(partition);
  }
}
