import type { Waiter } from '../writes/group-commit.js';

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
  readonly #waits = new WaitList<T>();
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
    this.#waits.append(wait);
    if (this.#timer === undefined) this.#timer = this.#watch(this.#afterMs);
    return wait;
  }

  /** Resolves once no wait is open. */
  async drain(): Promise<void> {
    if (this.#waits.size > 0) await new Promise<void>((resolve) => this.#whenNone.push(resolve));
  }

  readonly #close = (wait: OpenWait<T>): void => {
    this.#waits.remove(wait);
    if (this.#waits.size === 0) for (const wake of this.#whenNone.splice(0)) wake();
  };

  #watch(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = undefined;
      const now = performance.now();
      for (let wait = this.#waits.oldest; wait !== undefined; wait = this.#waits.oldest) {
        if (wait.giveUpAt > now) {
          this.#timer = this.#watch(wait.giveUpAt - now);
          return;
        }
        wait.reject(wait.known ?? this.#lateError());
      }
    }, ms).unref();
  }
}

/**
 * Open waits in the order in which they began. A Set would do, but for this: it moves to a new table each time it has been added to
 * often enough, and the old one points to the new. Once one of them has lived long, all that follow live as long, with every
 * request in them, and the garbage collector copies them all.
 */
class WaitList<T> {
  size = 0;
  oldest: OpenWait<T> | undefined;
  #newest: OpenWait<T> | undefined;

  append(wait: OpenWait<T>): void {
    wait.before = this.#newest;
    if (this.#newest === undefined) this.oldest = wait;
    else this.#newest.after = wait;
    this.#newest = wait;
    this.size += 1;
  }

  /** Leaves nothing in the wait that points to others, for the same reason. */
  remove(wait: OpenWait<T>): void {
    const { before, after } = wait;
    if (before === undefined) this.oldest = after;
    else before.after = after;
    if (after === undefined) this.#newest = before;
    else after.before = before;
    wait.before = undefined;
    wait.after = undefined;
    this.size -= 1;
  }
}

class OpenWait<T> implements Wait<T> {
  isOpen = true;
  known: Error | undefined;
  before: OpenWait<T> | undefined;
  after: OpenWait<T> | undefined;

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
