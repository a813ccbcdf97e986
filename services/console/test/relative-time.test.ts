import { describe, expect, it } from '@jest/globals';
import { formatDuration, relativeTime } from '../src/parts/relative-time';

describe('relativeTime', () => {
  it.each([
    [0, 'now'],
    [-999, 'now'],
    [-12_000, '12 s ago'],
    [-180_000, '3 min ago'],
    [90_000, 'in 1 min'],
    [-90_000_000, '1 d ago'],
  ])('tells %i ms as %s', (distance, words) => {
    expect(relativeTime(1_000_000_000 + distance, 1_000_000_000)).toBe(words);
  });
});

describe('formatDuration', () => {
  it.each([
    [0.2, '< 1 ms'],
    [840, '840 ms'],
    [2_400, '2.4 s'],
    [60_000, '1 min'],
    [185_000, '3 min 5 s'],
    [7_800_000, '2 h 10 min'],
    [90_000_000, '1 d 1 h'],
  ])('tells %d ms as %s', (ms, words) => {
    expect(formatDuration(ms)).toBe(words);
  });
});
