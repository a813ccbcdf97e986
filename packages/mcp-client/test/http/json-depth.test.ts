import { describe, expect, it } from '@jest/globals';
import { isDeeperThan } from '../../src/http/json-depth.js';

describe('isDeeperThan', () => {
  it.each([
    ['7', 0],
    ['[]', 1],
    ['{"a":[{}]}', 3],
    ['[[],[],[]]', 2],
    ['"[[[["', 0],
    [String.raw`["\"[[[", "\\", [1]]`, 2],
    ['{"{[":"]}"}', 1],
  ])('counts %s as %i deep', (text, depth) => {
    expect(isDeeperThan(text, depth)).toBe(false);
    if (depth > 0) expect(isDeeperThan(text, depth - 1)).toBe(true);
  });

  it('answers for text that no parser could take', () => {
    expect(isDeeperThan('['.repeat(1_000_000), 64)).toBe(true);
  });
});
