import { describe, expect, it } from '@jest/globals';
import { RedisTime } from '../src/redis-time.js';

describe('RedisTime', () => {
  it('expects nothing before it has heard a time, and goes on by its own clock after', () => {
    let now = 0;
    const time = new RedisTime(() => now);
    expect(time.expectedMs).toBe(0);
    expect(time.hear(1_000_000, now)).toBe(0);
    now += 250;
    expect(time.expectedMs).toBe(1_000_250);
    expect(time.hear(1_000_260, now)).toBe(10);
  });

  it('tells by how much the clock was set, forward and backward', () => {
    const time = new RedisTime(() => 0);
    time.hear(1_000_000, 0);
    expect(time.hear(4_600_000, 0)).toBe(3_600_000);
    expect(time.hear(1_000_000, 0)).toBe(-3_600_000);
  });

  it('takes no slow answer for a jump', () => {
    let now = 0;
    const time = new RedisTime(() => now);
    time.hear(1_000_000, now);
    const askedAt = now;
    now += 3_000;
    expect(time.hear(1_000_100, askedAt)).toBe(0);
  });
});
