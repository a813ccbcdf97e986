import { describe, expect, it } from '@jest/globals';
import { ReadAhead } from '../src/read-ahead.js';

describe('ReadAhead', () => {
  it('counts those that will have a place within ten milliseconds, at the pace of the last moment', () => {
    const ahead = new ReadAhead(0);
    expect(ahead.count(20, 10)).toBe(0);
    expect(ahead.count(200, 100)).toBe(20);
    expect(ahead.count(230, 110)).toBe(20);
    expect(ahead.count(250, 200)).toBe(5);
  });

  it('counts none where work takes long, and none after a time without any', () => {
    const ahead = new ReadAhead(0);
    expect(ahead.count(64, 2_000)).toBe(0);
    expect(ahead.count(264, 2_100)).toBe(20);
    expect(ahead.count(264, 2_200)).toBe(0);
  });
});
