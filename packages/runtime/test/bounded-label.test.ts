import { describe, expect, it } from '@jest/globals';
import { createBoundedLabel } from '../src/index.js';

describe('createBoundedLabel', () => {
  it('keeps the names of what is known, and of as many others as it may, first come first served', () => {
    const label = createBoundedLabel(2, ['known']);
    expect(['a', 'b', 'c', 'known', 'a'].map(label)).toEqual(['a', 'b', 'other', 'known', 'a']);
  });

  it('gives no place to a name of any length', () => {
    const label = createBoundedLabel(2);
    expect(label('x'.repeat(129))).toBe('other');
    expect(label('x'.repeat(128))).not.toBe('other');
  });
});
