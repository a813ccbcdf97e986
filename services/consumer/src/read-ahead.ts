/** How long an entry that was read ahead waits for its place, at the pace of the moment, in ms. */
const AHEAD_MS = 10;
/** Over which time the pace is taken, in ms. */
const WINDOW_MS = 50;

/**
 * Tells how many entries to read before there are places for them: as many as will have one in a moment, so that no place
 * stays empty for a round trip. Where work takes long that is none, and what one consumer has no place for is left to others.
 */
export class ReadAhead {
  #perMs = 0;
  #sinceMs: number;
  #endedBefore = 0;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** `ended`: how often work has come to an end so far. */
  count(ended: number, nowMs: number): number {
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs >= WINDOW_MS) {
      this.#perMs = (ended - this.#endedBefore) / elapsedMs;
      this.#sinceMs = nowMs;
      this.#endedBefore = ended;
    }
    return Math.floor(this.#perMs * AHEAD_MS);
  }
}
