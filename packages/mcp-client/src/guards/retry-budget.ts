const FULL = 100;
const ENOUGH = FULL / 2;
/** What a success gives back; a failure costs 1. */
const PER_SUCCESS = 0.5;
/** However bad things are, one retry may go out in this time, in ms: or nobody would notice that they are better. */
const TRICKLE_MS = 1_000;

/**
 * Keeps retries from making an outage worse. Failures empty it and successes fill it; while it is less than half full, only
 * a trickle of retries goes out, so that a server which fails half of its calls is not sent twice as many (gRPC A6).
 */
export class RetryBudget {
  #tokens = FULL;
  #trickleAtMs = Number.NEGATIVE_INFINITY;

  /** `now` counts in ms, from whenever. */
  constructor(private readonly now: () => number) {}

  /** Whether a retry may go out. */
  allows(): boolean {
    if (this.#tokens > ENOUGH) return true;
    if (this.now() - this.#trickleAtMs < TRICKLE_MS) return false;
    this.#trickleAtMs = this.now();
    return true;
  }

  note(health: 'good' | 'bad'): void {
    this.#tokens = health === 'bad' ? Math.max(0, this.#tokens - 1) : Math.min(FULL, this.#tokens + PER_SUCCESS);
  }
}
