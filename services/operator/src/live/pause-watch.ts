import { sleep } from '@millrace/core';
import type { Metrics } from '@millrace/runtime';
import type { Pause } from '@millrace/stream-client';

/** How often it is looked, in ms. */
const LOOK_EVERY_MS = 1_000;
/** After so many looks readers are told again, changed or not: one that was slow may have missed it. */
const LOOKS_PER_REPEAT = 15;

/**
 * Knows what is paused, by whichever operator: looks every second from `start` on, tells those who listen when it has
 * changed, and keeps the gauge. While Redis does not answer the gauge is absent, and readers keep what they know.
 */
export class PauseWatch {
  readonly #stopping = new AbortController();
  readonly #listeners = new Set<(pauses: readonly Pause[]) => void>();
  #running: Promise<void> = Promise.resolve();
  #now: readonly Pause[] | undefined;
  #told = '';
  #looks = 0;

  constructor(
    private readonly readPauses: () => Promise<readonly Pause[]>,
    private readonly metrics: Metrics,
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
    this.#running = this.#repeat();
  }

  /** Resolves when the look under way, if any, has come to its end. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.lookOnce();
      await sleep(LOOK_EVERY_MS, signal);
    }
  }

  /** Looks once. Never throws: that Redis is away is logged by those who need it. */
  async lookOnce(): Promise<void> {
    const pauses = await this.readPauses().catch(() => undefined);
    if (pauses === undefined) return this.metrics.paused.reset();
    for (const kind of ['route', 'server'] as const) {
      this.metrics.paused.set({ kind }, pauses.filter((one) => one.kind === kind).length);
    }
    this.#now = pauses;
    const text = JSON.stringify(pauses);
    this.#looks += 1;
    if (text === this.#told && this.#looks % LOOKS_PER_REPEAT !== 0) return;
    this.#told = text;
    for (const listener of this.#listeners) listener(pauses);
  }
}
