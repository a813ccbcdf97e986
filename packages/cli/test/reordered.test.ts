import { describe, expect, it } from '@jest/globals';
import { countReordered } from '../src/verify/reordered.js';

const COUNTS = { reached: 1, effects: 1, leastEffects: 1, questions: 0 };

/** An event that was posted and accepted at these moments, and had its first effect as the witness's n-th entry. */
function anEvent(postedAt: number, acceptedAt: number | undefined, firstEffect: number | undefined) {
  const order = acceptedAt === undefined ? { postedAt } : { postedAt, acceptedAt };
  const sent = {
    id: 'e',
    type: 't',
    acceptance: 'accepted',
    refs: [],
    isCanary: false,
    duplicateAnswers: 0,
    order,
  } as const;
  return { sent, record: undefined, deadLetter: undefined, ...COUNTS, firstEffect };
}

describe('countReordered', () => {
  it('counts an event that was overtaken by one posted after its acceptance', () => {
    expect(countReordered([anEvent(1, 2, 8), anEvent(3, 4, 5)])).toBe(1);
    expect(countReordered([anEvent(3, 4, 5), anEvent(1, 2, 8), anEvent(5, 6, 7), anEvent(7, 8, 9)])).toBe(2);
  });

  it('counts none in order, nor any that were under way at the same time', () => {
    expect(countReordered([anEvent(1, 2, 5), anEvent(3, 4, 8)])).toBe(0);
    expect(countReordered([anEvent(1, 4, 8), anEvent(2, 3, 5)])).toBe(0);
  });

  it('passes over events without an effect, and believes no order of those whose answer never came', () => {
    expect(countReordered([anEvent(1, 2, undefined), anEvent(3, 4, 5)])).toBe(0);
    expect(countReordered([anEvent(1, undefined, 8), anEvent(3, 4, 5)])).toBe(0);
  });
});
