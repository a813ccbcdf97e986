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

  it('counts those that will have a place while a read is under way as well, one that takes its time sometimes', () => {
    const ahead = new ReadAhead(0);
    for (let n = 0; n < 100; n += 1) ahead.noteRead(5);
    expect(ahead.count(200, 100)).toBe(30);
    for (let n = 0; n < 100; n += 1) ahead.noteRead(n % 2 === 0 ? 2 : 8);
    expect(ahead.count(400, 200)).toBeGreaterThan(50);
    expect(ahead.count(600, 300)).toBeLessThan(60);
  });

  it('allows a read no more than fifty milliseconds, however long it waited', () => {
    const ahead = new ReadAhead(0);
    for (let n = 0; n < 10; n += 1) ahead.noteRead(5_000);
    expect(ahead.count(200, 100)).toBe(120);
  });

  it('counts none where work takes long, and none after a time without any', () => {
    const ahead = new ReadAhead(0);
    expect(ahead.count(64, 2_000)).toBe(0);
    expect(ahead.count(264, 2_100)).toBe(20);
    expect(ahead.count(264, 2_200)).toBe(0);
  });
});
