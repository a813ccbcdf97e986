import { describe, expect, it } from '@jest/globals';
import { addAnswer, findReachedLimit, NOTHING_SPENT } from '../src/limits.js';

const limits = { steps: 3, calls: 5, tokens: 1_000, seconds: 60, cost: 0.01 };
const free = { input: 0, output: 0, cached: 0 };

describe('addAnswer', () => {
  it('charges cached input by its own price', () => {
    const prices = { input: 2, output: 10, cached: 0.5 };
    const { cost, ...rest } = addAnswer(NOTHING_SPENT, { input: 1_000, output: 100, cached: 400 }, prices);
    expect(rest).toEqual({ steps: 1, calls: 0, input: 1_000, output: 100, cached: 400 });
    expect(cost).toBeCloseTo((600 * 2 + 400 * 0.5 + 100 * 10) / 1_000_000, 12);
  });
});

describe('findReachedLimit', () => {
  it.each([
    [{}, undefined],
    [{ steps: 3 }, 'steps'],
    [{ input: 900, output: 99 }, undefined],
    [{ input: 900, output: 100 }, 'tokens'],
    [{ cost: 0.009 }, undefined],
    [{ cost: 0.01 }, 'cost'],
  ])('after %j it is %s', (spent, expected) => {
    expect(findReachedLimit(limits, { ...NOTHING_SPENT, ...spent })).toBe(expected);
  });

  it('lets a model that costs nothing work under a limit of nothing', () => {
    const spent = addAnswer(NOTHING_SPENT, { input: 10, output: 10, cached: 0 }, free);
    expect(findReachedLimit({ ...limits, cost: 0 }, spent)).toBeUndefined();
  });
});
