import { sleep } from './time.js';

/** Does something again and again, from `start` to `stop`, with a pause after each time. */
export class Repetition {
  readonly #work: (signal: AbortSignal) => Promise<unknown>;
  readonly #pauseMs: () => number;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /**
   * `work` must not reject, and has to end within a bounded time once its signal is aborted: `stop` waits for it. A pause may be
   * given as what tells the next one, in ms.
   */
  constructor(work: (signal: AbortSignal) => Promise<unknown>, pauseMs: number | (() => number)) {
    this.#work = work;
    this.#pauseMs = typeof pauseMs === 'number' ? () => pauseMs : pauseMs;
  }

  /** The first time is at once. */
  start(): void {
    this.#running = this.#repeat();
  }

  /** Resolves when the work under way, if any, has come to its end. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#work(signal);
      await sleep(this.#pauseMs(), signal);
    }
  }
}
