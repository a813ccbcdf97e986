/** How long an entry that was read ahead waits for its place, at the pace of the moment, in ms; beside what a read may take. */
const AHEAD_MS = 10;
/** The most that is allowed for a read, in ms: what waits here others may have a place for. */
const MAX_READ_MS = 50;
/** Over which time the pace is taken, in ms. */
const WINDOW_MS = 50;

/**
 * Tells how many entries to read before there are places for them: as many as will have one by the time that a read takes and
 * a moment more, so that no place stays empty for a round trip. Where work takes long that is none, and what one consumer has no
 * place for is left to others.
 *
 * What a read may take is the mean of those that were, and four times their mean deviation, as TCP waits for an answer
 * (RFC 6298, section 2).
 */
export class ReadAhead {
  #perMs = 0;
  #sinceMs: number;
  #endedBefore = 0;
  #readMs = 0;
  #deviationMs = 0;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** Of a read that had nothing to wait for. One that waited all the same counts as the longest that is allowed for. */
  noteRead(tookMs: number): void {
    const ms = Math.min(tookMs, MAX_READ_MS);
    if (this.#readMs === 0) {
      this.#readMs = ms;
      this.#deviationMs = ms / 2;
      return;
    }
    this.#deviationMs += (Math.abs(ms - this.#readMs) - this.#deviationMs) / 4;
    this.#readMs += (ms - this.#readMs) / 8;
  }

  /** `ended`: how often work has come to an end so far. */
  count(ended: number, nowMs: number): number {
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs >= WINDOW_MS) {
      this.#perMs = (ended - this.#endedBefore) / elapsedMs;
      this.#sinceMs = nowMs;
      this.#endedBefore = ended;
    }
    return Math.floor(this.#perMs * (AHEAD_MS + Math.min(this.#readMs + 4 * this.#deviationMs, MAX_READ_MS)));
  }
}
