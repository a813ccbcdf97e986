import { describe, expect, it } from '@jest/globals';
import { coldAfter } from '../../bench/simulate/redis/cold-after.ts';

const MEASURED = { '0.1': 0.4, '0.3': 0.6, '1': 0.8, '4': 1, '16': 1.5, '64': 2 };

describe('coldAfter', () => {
  it('is what was measured at each of the rests', () => {
    const found = [0.1, 0.3, 1, 4, 16, 64].map((restMs) => coldAfter(restMs, MEASURED));
    expect(found).toEqual([0.4, 0.6, 0.8, 1, 1.5, 2]);
  });

  it('is nothing without a rest, and part of the first for a shorter one', () => {
    expect([-1, 0, 0.05].map((restMs) => coldAfter(restMs, MEASURED))).toEqual([0, 0, 0.2]);
  });

  it('lies half way between two rests where the logarithm does', () => {
    expect(coldAfter(2, MEASURED)).toBeCloseTo(0.9);
    expect(coldAfter(32, MEASURED)).toBeCloseTo(1.75);
  });

  it('grows no further after the longest', () => {
    expect(coldAfter(10_000, MEASURED)).toBe(2);
  });
});
