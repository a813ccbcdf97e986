import { Repetition } from '@millrace/core';
import type { Metrics } from '@millrace/runtime';
import type { Pause } from '@millrace/stream-client';

/** How often it is looked, in ms. */
const LOOK_EVERY_MS = 1_000;
/** After so many looks readers are told again, changed or not: one that was slow may have missed it. */
const LOOKS_PER_REPEAT = 15;

/**
 * Knows what is paused, by whichever operator: looks every second from `start` on, tells those who listen when it has
 * changed, and keeps the gauges. While Redis does not answer they are absent, and readers keep what they know.
 */
export class PauseWatch {
  readonly #watching = new Repetition(() => this.lookOnce(), LOOK_EVERY_MS);
  readonly #listeners = new Set<(pauses: readonly Pause[]) => void>();
  #now: readonly Pause[] | undefined;
  #told = '';
  #looks = 0;

  constructor(
    private readonly readPauses: () => Promise<readonly Pause[]>,
    private readonly metrics: Metrics,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** What is paused; undefined before the first look. */
  get now(): readonly Pause[] | undefined {
    return this.#now;
  }

  /** Returns the function that ends it. */
  listen(onPauses: (pauses: readonly Pause[]) => void): () => void {
    this.#listeners.add(onPauses);
    return () => this.#listeners.delete(onPauses);
  }

  start(): void {
    this.#watching.start();
  }

  /** Resolves when the look under way, if any, has come to its end. */
  stop(): Promise<void> {
    return this.#watching.stop();
  }

  /** Looks once. Never throws: that Redis is away is logged by those who need it. */
  async lookOnce(): Promise<void> {
    const pauses = await this.readPauses().catch(() => undefined);
    this.#measure(pauses);
    if (pauses === undefined) return;
    this.#now = pauses;
    const text = JSON.stringify(pauses);
    this.#looks += 1;
    if (text === this.#told && this.#looks % LOOKS_PER_REPEAT !== 0) return;
    this.#told = text;
    for (const listener of this.#listeners) listener(pauses);
  }

  #measure(pauses: readonly Pause[] | undefined): void {
    this.metrics.paused.reset();
    this.metrics.oldestPauseAge.reset();
    if (pauses === undefined) return;
    for (const kind of ['route', 'server'] as const) {
      const own = pauses.filter((one) => one.kind === kind);
      this.metrics.paused.set({ kind }, own.length);
      // Redis' clock says since when, and may be ahead of this one.
      const agesMs = own.map(({ at }) => this.nowMs() - at.getTime());
      this.metrics.oldestPauseAge.set({ kind }, Math.max(0, ...agesMs) / 1_000);
    }
  }
}
