/**
 * Where Redis' clock is by this process's own, which nobody sets. It is told of each time that Redis names, so the slow
 * drift between two clocks is not taken for a jump.
 */
export class RedisTime {
  readonly #now: () => number;
  #redisMs = 0;
  #heardAt = 0;

  /** `now`: milliseconds on a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** 0 before Redis has named a time. */
  get expectedMs(): number {
    return this.#redisMs === 0 ? 0 : this.#expectedAt(this.#now());
  }

  /**
   * Takes what Redis named in answer to what was asked at `askedAt`. Returns how far that is from where it was expected,
   * in ms; 0 the first time, and 0 for any moment between question and answer, however long that took.
   */
  hear(redisMs: number, askedAt: number): number {
    const heardAt = this.#now();
    const jumpMs = this.#redisMs === 0 ? 0 : this.#distance(redisMs, askedAt, heardAt);
    this.#redisMs = redisMs;
    this.#heardAt = (askedAt + heardAt) / 2;
    return jumpMs;
  }

  #expectedAt(moment: number): number {
    return this.#redisMs + moment - this.#heardAt;
  }

  #distance(redisMs: number, askedAt: number, heardAt: number): number {
    return Math.max(0, redisMs - this.#expectedAt(heardAt)) + Math.min(0, redisMs - this.#expectedAt(askedAt));
  }
}
