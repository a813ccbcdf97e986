import { describe, expect, it } from '@jest/globals';
import { createLineLimit } from '../src/line-limit.js';

describe('createLineLimit', () => {
  it('lets a burst through, then a few lines a second, and says how many were left out', () => {
    let now = 0;
    const limit = createLineLimit(() => now);
    const written = (lines: number) =>
      Array.from({ length: lines }, () => limit('same')).filter((left) => left !== undefined);
    expect(written(1_000)).toHaveLength(20);
    now += 1_000;
    expect(written(1_000)).toEqual([980, 0, 0, 0, 0]);
  });

  it('counts each message by itself', () => {
    const limit = createLineLimit(() => 0);
    for (let line = 0; line < 100; line += 1) limit('one');
    expect(limit('one')).toBeUndefined();
    expect(limit('other')).toBe(0);
  });
});
