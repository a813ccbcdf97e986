import type { Waiter } from './group-commit.js';

/** A wait that ends with a result, an error, or its deadline, whichever comes first; what comes later is ignored. */
export interface Wait<T> {
  readonly giveUpAt: number;
  /** Whether nothing has ended it yet. */
  readonly isOpen: boolean;
  /** What it is rejected with at its deadline, where more is known by then than that it is late. */
  known: Error | undefined;
  resolve(result: T): void;
  reject(error: unknown): void;
}

/**
 * Gives up waits after the same time each. They begin and end by the ten thousand a second, so that a timer and a race for
 * each would cost more than what they wait for; here one timer watches the oldest.
 */
export class Deadlines<T> {
  readonly #afterMs: number;
  readonly #lateError: () => Error;
  /** The oldest first, since all have the same time. */
  readonly #waits = new Set<OpenWait<T>>();
  #timer: NodeJS.Timeout | undefined;
  #whenNone: (() => void)[] = [];

  /** `lateError` is what a wait is rejected with after `afterMs`. */
  constructor(afterMs: number, lateError: () => Error) {
    this.#afterMs = afterMs;
    this.#lateError = lateError;
  }

  /** How many waits nothing has ended yet. */
  get size(): number {
    return this.#waits.size;
  }

  /** A promise for the end of a wait, and the wait, which is handed to whoever ends it. */
  begin(start: (wait: Wait<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => start(this.open({ resolve, reject })));
  }

  /** A wait, of whose end somebody is told who needs no promise. */
  open(waiter: Waiter<T>): Wait<T> {
    const wait = new OpenWait(performance.now() + this.#afterMs, waiter, this.#close);
    this.#waits.add(wait);
    if (this.#timer === undefined) this.#timer = this.#watch(this.#afterMs);
    return wait;
  }

  /** Resolves once no wait is open. */
  async drain(): Promise<void> {
    if (this.#waits.size > 0) await new Promise<void>((resolve) => this.#whenNone.push(resolve));
  }

  readonly #close = (wait: OpenWait<T>): void => {
    this.#waits.delete(wait);
    if (this.#waits.size === 0) for (const wake of this.#whenNone.splice(0)) wake();
  };

  #watch(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = undefined;
      const now = performance.now();
      for (const wait of this.#waits) {
        if (wait.giveUpAt > now) {
          this.#timer = this.#watch(wait.giveUpAt - now);
          return;
        }
        wait.reject(wait.known ?? this.#lateError());
      }
    }, ms).unref();
  }
}

class OpenWait<T> implements Wait<T> {
  isOpen = true;
  known: Error | undefined;

  constructor(
    readonly giveUpAt: number,
    private readonly waiter: Waiter<T>,
    private readonly onEnd: (wait: OpenWait<T>) => void,
  ) {}

  resolve(result: T): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.onEnd(this);
    this.waiter.resolve(result);
  }

  reject(error: unknown): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.onEnd(this);
    this.waiter.reject(error);
  }
}
