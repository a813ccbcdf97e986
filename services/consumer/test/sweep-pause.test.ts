import { describe, expect, it } from '@jest/globals';
import { sweepPauseMs } from '../src/sweep-pause.js';

const DEFAULTS = { sweepMs: 5_000, claimIdleMs: 30_000 };
/** A pause is stretched by so much at most, that consumers do not sweep in step. */
const MOST_JITTER = 1.2;

describe('sweepPauseMs', () => {
  it.each([1, 2, 4])('is what was asked for while there are %d consumers', (consumers) => {
    expect(sweepPauseMs(DEFAULTS, consumers)).toBe(5_000);
  });

  it('grows with their number, so that more of them look at what is pending no more often', () => {
    expect([8, 12].map((consumers) => sweepPauseMs(DEFAULTS, consumers))).toEqual([10_000, 15_000]);
  });

  it.each([16, 100, 10_000])('is no longer for %d consumers than for sixteen', (consumers) => {
    expect(sweepPauseMs(DEFAULTS, consumers)).toBe(20_000);
  });

  it.each([1, 2, 4, 8, 12, 16, 100, 10_000])(
    'lets one of %d consumers alone claim what was left within two claim times',
    (consumers) => {
      const { claimIdleMs } = DEFAULTS;
      expect(claimIdleMs + MOST_JITTER * sweepPauseMs(DEFAULTS, consumers)).toBeLessThanOrEqual(2 * claimIdleMs);
    },
  );

  it('is never shorter than what was asked for', () => {
    expect(sweepPauseMs({ sweepMs: 60_000, claimIdleMs: 30_000 }, 100)).toBe(60_000);
  });
});
