/**
 * Where Redis' clock is by this process's own, which nobody sets. It is told of each time that Redis names, so the slow
 * drift between two clocks is not taken for a jump.
 */
export class RedisTime {
  #redisMs = 0;
  #heardAt = 0;

  /** 0 before Redis has named a time. */
  get expectedMs(): number {
    return this.#redisMs === 0 ? 0 : this.#redisMs + performance.now() - this.#heardAt;
  }

  /** Takes what Redis named. Returns how far that is from where it was expected, in ms; 0 the first time. */
  hear(redisMs: number): number {
    const expected = this.expectedMs;
    this.#redisMs = redisMs;
    this.#heardAt = performance.now();
    return expected === 0 ? 0 : redisMs - expected;
  }
}
