/** Times of the last minute, in ms: enough to tell the middle and the slow end, and never more than a bounded number. */
export class LatencyWindow {
  readonly #windowMs: number;
  readonly #maxTimes: number;
  #times: { readonly atMs: number; readonly ms: number }[] = [];

  constructor(windowMs = 60_000, maxTimes = 1_200) {
    this.#windowMs = windowMs;
    this.#maxTimes = maxTimes;
  }

  /** Takes times that were known at `nowMs`, and forgets those that are too old. */
  add(times: readonly number[], nowMs: number): void {
    const kept = this.#times.filter(({ atMs }) => nowMs - atMs < this.#windowMs);
    kept.push(...times.map((ms) => ({ atMs: nowMs, ms })));
    this.#times = kept.slice(-this.#maxTimes);
  }

  /** The time that this share of all is not above; null when none is known. */
  quantile(share: number): number | null {
    const sorted = this.#times.map(({ ms }) => ms).sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  }
}
