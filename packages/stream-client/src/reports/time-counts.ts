/** Each bucket ends a tenth above the one before: a quantile is off by 5 % at most, as in a DDSketch. */
const GROWTH = Math.log(1.1);
/** Whatever takes longer than about two days. */
const MAX_BUCKET = 200;

/** How many durations fell into each bucket, as pairs. Counts of several processes are added by adding bucket by bucket. */
export type TimeCounts = readonly (readonly [bucket: number, count: number])[];

/** The bucket of a duration in ms; everything up to a millisecond shares the first one. */
export function bucketOf(durationMs: number): number {
  return durationMs <= 1 ? 0 : Math.min(MAX_BUCKET, Math.ceil(Math.log(durationMs) / GROWTH));
}

/** The counts of all of these together. */
export function addCounts(all: readonly TimeCounts[]): TimeCounts {
  const sums = new Map<number, number>();
  for (const [bucket, count] of all.flat()) sums.set(bucket, (sums.get(bucket) ?? 0) + count);
  return [...sums].sort(([a], [b]) => a - b);
}

/** The duration in ms that this share of all is not above, give or take 5 %; null when there is none. */
export function quantileOf(counts: TimeCounts, share: number): number | null {
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  let left = Math.max(1, Math.ceil(share * total));
  for (const [bucket, count] of [...counts].sort(([a], [b]) => a - b)) {
    left -= count;
    if (left <= 0) return Math.round(Math.exp((bucket - 0.5) * GROWTH) * 10) / 10;
  }
  return null;
}
