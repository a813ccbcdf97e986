import { describe, expect, it } from '@jest/globals';
import { QuestionCounts } from '../src/question-counts.js';

describe('QuestionCounts', () => {
  it('keeps a number for each answer, and says how many questions it had no room for', () => {
    const counts = new QuestionCounts(2);
    for (const [subject, answer] of [
      ['a', 0],
      ['a', 2],
      ['b', 0],
      ['c', 0],
      ['a', 2],
    ] as const)
      counts.add(subject, answer);
    expect(counts.page(0, 10)).toEqual({ counts: { a: [1, 0, 2], b: [1] } });
    expect({ uncounted: counts.uncounted, subjects: counts.subjects }).toEqual({ uncounted: 1, subjects: 2 });
  });
});
