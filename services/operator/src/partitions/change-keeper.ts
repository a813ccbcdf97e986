import { sleep } from '@millrace/core';
import type { Logger } from '@millrace/runtime';
import { completeChange, type Partitions, retireEpoch } from '@millrace/stream-client';
import { leftInEarlier } from './change.js';

/** How often the map is looked at, in ms. */
const LOOK_EVERY_MS = 5_000;

/**
 * Sees a change of the number of partitions through, whoever began it: carries it on where that one has stopped, and once
 * nothing is left from before, for as long as a repeat of it may come, has the old partitions asked no more.
 */
export class ChangeKeeper {
  readonly #partitions: Partitions;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** Since when nothing is left, by this process's clock, and after which change. */
  #drained: { readonly at: number; readonly epoch: number } | undefined;

  constructor(partitions: Partitions, logger: Logger) {
    this.#partitions = partitions;
    this.#logger = logger;
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
      try {
        await this.lookOnce();
      } catch (error) {
        this.#logger.warn(
          { err: error },
          'a change of the number of partitions cannot be looked after; it is tried again',
        );
      }
      await sleep(LOOK_EVERY_MS, signal);
    }
  }

  /** Looks once. Costs nothing where no change is under way. Throws StreamError. */
  async lookOnce(now = performance.now()): Promise<void> {
    const partitions = this.#partitions;
    if (partitions.map.preparing !== undefined) {
      await completeChange(partitions);
      this.#logger.info({ partitions: partitions.map.active.partitions }, 'a change of the partitions was carried on');
    }
    const { draining, active } = partitions.map;
    if (draining.length === 0) return;
    const left = await leftInEarlier(partitions);
    const isDrained = left.every(
      ({ unread, held, waiting, deadLetters, isExact }) => isExact && unread + held + waiting + deadLetters === 0,
    );
    if (!isDrained) this.#drained = undefined;
    else if (this.#drained?.epoch !== active.epoch) this.#drained = { at: now, epoch: active.epoch };
    const { identityTtlMs } = partitions.home.settings;
    if (this.#drained === undefined || now - this.#drained.at <= identityTtlMs) return;
    for (const { epoch } of draining) await retireEpoch(partitions, epoch);
    this.#logger.info({ partitions: active.partitions }, 'nothing from before the change of the partitions is left');
  }
}
