import { setImmediate as nextTurn } from 'node:timers/promises';
import { sleep } from '@millrace/core';
import type { Logger } from '@millrace/runtime';
import type { Lease, Stream } from '@millrace/stream-client';
import type { HeldEntries } from './held-entries.js';
import { leasesToRenew, renewIn, type WorkedPartitions } from './partitions/leases.js';

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
  /** Renewals that have no answer yet, by partition. */
  readonly #underWay = new Map<string, Promise<void>>();
  #failures: unknown[] = [];
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
      this.#beat();
      await sleep(this.#everyMs, signal);
      this.#tellOfFailures();
    }
    await Promise.all(this.#underWay.values());
  }

  /** A partition that does not answer holds up no other: beats leave it out until it has. */
  #beat(): void {
    const groups = leasesToRenew(this.#partitions, this.#held.leases(), this.#trustedAt.keys());
    for (const [partition, leases] of groups) {
      if (this.#underWay.has(partition)) continue;
      const renewal = this.#renew(partition, leases).finally(() => this.#underWay.delete(partition));
      this.#underWay.set(partition, renewal);
    }
  }

  async #renew(partition: string, leases: readonly Lease[]): Promise<void> {
    let lost: readonly Lease[];
    try {
      lost = await renewIn(this.#partitions, partition, this.#consumer, leases);
    } catch (error) {
      this.#trustedAt.set(partition, Number.POSITIVE_INFINITY);
      this.#failures.push(error);
      return;
    }
    this.#noteAnswer(partition);
    if (lost.length === 0) return;
    // What was settled right before the beat is not held in Redis either; its handler has heard so by the next turn.
    await nextTurn();
    const ended = this.#held.abort(lost);
    if (ended.length === 0) return;
    const entryIds = ended.map(({ entryId }) => entryId);
    this.#logger.warn({ entryIds }, 'lost entries to another consumer; their handlers are ended');
  }

  /** In one line, however many partitions a node has that does not answer. */
  #tellOfFailures(): void {
    const failures = this.#failures.splice(0);
    if (failures.length === 0) return;
    this.#logger.warn({ err: failures[0], partitions: failures.length }, 'could not renew leases');
  }

  #noteAnswer(partition: string): void {
    const trustedAt = this.#trustedAt.get(partition);
    if (trustedAt === Number.POSITIVE_INFINITY) this.#trustedAt.set(partition, performance.now() + 2 * this.#everyMs);
    else if (trustedAt !== undefined && trustedAt <= performance.now()) this.#trustedAt.delete(partition);
  }
}
