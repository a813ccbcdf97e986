/** How often something may happen: `perSecond` on average, and up to `burst` at once after a pause. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Lets things happen at a rate. Holds two numbers, however many callers there are. */
export class TokenBucket {
  readonly rate: Rate;
  readonly #nowMs: () => number;
  #tokens: number;
  #countedAtMs: number;

  /** `nowMs` never runs backwards: not the time of day. */
  constructor(rate: Rate, nowMs: () => number = () => performance.now()) {
    this.rate = rate;
    this.#nowMs = nowMs;
    this.#tokens = rate.burst;
    this.#countedAtMs = nowMs();
  }

  /** Takes one token and returns 0, or takes none and returns how many seconds it will be until there is one. */
  take(): number {
    const nowMs = this.#nowMs();
    const { perSecond, burst } = this.rate;
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#countedAtMs) * perSecond) / 1_000);
    this.#countedAtMs = nowMs;
    if (this.#tokens < 1) return (1 - this.#tokens) / perSecond;
    this.#tokens -= 1;
    return 0;
  }
}
