import { describe, expect, it } from '@jest/globals';
import { nextDelayMs } from '@millrace/core';

const policy = { attempts: 5, initialMs: 100, maxMs: 1_000 };

describe('nextDelayMs', () => {
  it('doubles the range with each attempt', () => {
    const longest = [2, 3, 4, 5].map((attempt) => nextDelayMs(policy, attempt, () => 0.999_999));
    expect(longest).toEqual([99, 199, 399, 799]);
  });

  it('never exceeds the cap, however many attempts there were', () => {
    expect(nextDelayMs(policy, 100, () => 0.999_999)).toBeLessThan(1_000);
  });

  it('may be zero: full jitter starts at nothing', () => {
    expect(nextDelayMs(policy, 4, () => 0)).toBe(0);
  });

  it('waits as long as the server asked when that is longer', () => {
    expect(nextDelayMs(policy, 2, () => 0.5, 5_000)).toBe(5_000);
  });
});
