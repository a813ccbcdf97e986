/**
 * A bounded number of slots with a bounded queue in front of them, first come first served. Whoever was given a slot
 * gives it back exactly once.
 */
export class Slots {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(
    max: number,
    private readonly maxWaiting: number,
  ) {
    this.#free = max;
  }

  /** True with a slot; false when the signal is aborted first, or at once when the queue is full. */
  acquire(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve(true);
    }
    if (this.#waiting.size >= this.maxWaiting) return Promise.resolve(false);
    return new Promise((resolve) => {
      const take = () => {
        signal.removeEventListener('abort', giveUp);
        resolve(true);
      };
      const giveUp = () => {
        this.#waiting.delete(take);
        resolve(false);
      };
      this.#waiting.add(take);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  release(): void {
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      next();
      return;
    }
    this.#free += 1;
  }
}
