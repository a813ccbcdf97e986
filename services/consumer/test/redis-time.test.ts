import { describe, expect, it } from '@jest/globals';
import { RedisTime } from '../src/redis-time.js';

describe('RedisTime', () => {
  it('expects nothing before it has heard a time, and tells a jump from the passing of time after', () => {
    const time = new RedisTime();
    expect(time.expectedMs).toBe(0);
    expect(time.hear(1_000_000)).toBe(0);
    expect(Math.abs(time.hear(1_000_000))).toBeLessThan(1_000);
    expect(time.hear(4_600_000)).toBeGreaterThan(3_500_000);
    expect(time.hear(1_000_000)).toBeLessThan(-3_500_000);
  });
});
