import { describe, expect, it } from '@jest/globals';
import { addCounts, bucketOf, quantileOf } from '@millrace/stream-client';

describe('quantileOf', () => {
  it('is within 5 % of the true one, over counts of several processes together', () => {
    const counts = Array.from({ length: 4 }, (_, process) =>
      addCounts(Array.from({ length: 250 }, (_, n) => [[bucketOf(4 * n + process + 1), 1] as const])),
    );
    const all = addCounts(counts);
    for (const [share, trueMs] of [
      [0.5, 500],
      [0.95, 950],
      [0.99, 990],
    ] as const) {
      const error = Math.abs(Number(quantileOf(all, share)) - trueMs) / trueMs;
      expect(error).toBeLessThan(0.06);
    }
  });

  it('is null where nothing was counted, and has an upper end', () => {
    expect(quantileOf([], 0.95)).toBeNull();
    expect(bucketOf(Number.MAX_SAFE_INTEGER)).toBe(200);
    expect(quantileOf([[bucketOf(0), 3]], 0.5)).toBeLessThanOrEqual(1);
  });
});
