import { Repetition } from '@millrace/core';
import type { Logger } from '@millrace/runtime';
import { completeChange, type Partitions, restoreFences, retireEpoch, type Stream } from '@millrace/stream-client';
import { leftInEarlier } from './change.js';
import { InTurn } from './in-turn.js';

/** How often the map is looked at, in ms. */
const LOOK_EVERY_MS = 5_000;
/** Partitions whose fences are looked at each time. */
const MOST_FENCES = 128;

/**
 * Sees a change of the number of partitions through, whoever began it: carries it on where that one has stopped, and once
 * nothing is left from before, for as long as a repeat of it may come, has the old partitions asked no more. A fence that a
 * failover has lost is set again, at any time later.
 */
export class ChangeKeeper {
  readonly #partitions: Partitions;
  readonly #logger: Logger;
  readonly #fenced: InTurn<Stream>;
  readonly #looks = new Repetition(() => this.#tryLook(), LOOK_EVERY_MS);
  /** Since when nothing is left, by this process's clock, and after which change. */
  #drained: { readonly at: number; readonly epoch: number } | undefined;

  constructor(partitions: Partitions, logger: Logger) {
    this.#partitions = partitions;
    this.#logger = logger;
    this.#fenced = new InTurn(() => fencedIn(partitions), MOST_FENCES);
  }

  start(): void {
    this.#looks.start();
  }

  stop(): Promise<void> {
    return this.#looks.stop();
  }

  async #tryLook(): Promise<void> {
    try {
      await this.lookOnce();
    } catch (error) {
      const message = 'a change of the number of partitions cannot be looked after; it is tried again';
      this.#logger.warn({ err: error }, message);
    }
  }

  /** Looks once. Costs nothing where there never was a change. Throws StreamError. */
  async lookOnce(now = performance.now()): Promise<void> {
    const partitions = this.#partitions;
    if (partitions.map.preparing !== undefined) {
      await completeChange(partitions);
      this.#logger.info({ partitions: partitions.map.active.partitions }, 'a change of the partitions was carried on');
    }
    await this.#keepFences();
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

  async #keepFences(): Promise<void> {
    const restored = await restoreFences(this.#partitions, this.#fenced.take());
    if (restored.length === 0) return;
    const numbers = restored.map(({ keys }) => Number(keys.partition));
    this.#logger.warn(
      { partitions: numbers },
      'Redis has lost that partitions are closed to older maps; they are again',
    );
  }
}

/** The partitions of the maps before the active one. */
function fencedIn({ map, all }: Partitions): readonly Stream[] {
  const before = map.epochs.filter(({ epoch }) => epoch < map.active.epoch);
  return all.slice(0, Math.max(0, ...before.map(({ partitions }) => partitions)));
}
