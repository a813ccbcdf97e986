/** Steps within a doubling: a value is known to 1 %. */
const STEPS = 64;
const SMALLEST = 0.001;

/** Durations in ms, however many, in a bounded number of classes. */
export class Histogram {
  readonly #counts: number[] = [];
  #count = 0;
  #max = 0;

  add(ms: number): void {
    const at = Math.max(0, Math.round(STEPS * Math.log2(Math.max(ms, SMALLEST) / SMALLEST)));
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count += 1;
    this.#max = Math.max(this.#max, ms);
  }

  get count(): number {
    return this.#count;
  }

  get max(): number {
    return this.#max;
  }

  /** The value that a share of all stays below; NaN without any. */
  percentile(share: number): number {
    let left = Math.ceil(share * this.#count);
    if (left === 0) return Number.NaN;
    for (let at = 0; at < this.#counts.length; at++) {
      left -= this.#counts[at] ?? 0;
      if (left <= 0) return Math.min(this.#max, SMALLEST * 2 ** (at / STEPS));
    }
    return this.#max;
  }
}
