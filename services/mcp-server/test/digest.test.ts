import { describe, expect, it } from '@jest/globals';
import { digestArguments, numberFrom } from '../src/digest.js';

describe('digestArguments', () => {
  it('does not depend on the order of members, however deep', () => {
    expect(digestArguments({ a: 1, b: { c: [1, { d: 2, e: 3 }] } })).toBe(
      digestArguments({ b: { c: [1, { e: 3, d: 2 }] }, a: 1 }),
    );
  });

  it('depends on values, and on the order of a list', () => {
    expect(digestArguments({ a: [1, 2] })).not.toBe(digestArguments({ a: [2, 1] }));
    expect(digestArguments({ a: '1' })).not.toBe(digestArguments({ a: 1 }));
  });

  it('leaves out the idempotency key', () => {
    expect(digestArguments({ a: 1, idempotencyKey: 'k' })).toBe(digestArguments({ a: 1 }));
  });
});

describe('numberFrom', () => {
  it('is the same for the same text', () => {
    expect(numberFrom('o-1')).toBe(numberFrom('o-1'));
    expect(numberFrom('o-1')).not.toBe(numberFrom('o-2'));
  });
});
