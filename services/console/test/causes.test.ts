import { describe, expect, it } from '@jest/globals';
import { groupByCause } from '../src/api/causes';
import type { DeadLetter } from '../src/api/dead-letters';

const letter = (id: string, route: string, code?: string): DeadLetter => ({
  id,
  ref: id,
  route,
  deadAt: `2026-01-31T08:00:0${id}Z`,
  event: null,
  dataBytes: 0,
  version: 'v1',
  state: 'dead',
  attempts: 3,
  starts: 3,
  reason: 'attempts-exhausted',
  effects: [{ server: 'aws', tool: 'risk.score' }],
  followUps: [],
  ...(code === undefined ? {} : { error: { code, message: `message ${id}` } }),
});

describe('groupByCause', () => {
  it('puts letters of one route, reason and code together, the most frequent first, with the words of the latest', () => {
    const letters = [letter('5', 'b', 'X'), letter('4', 'a', 'X'), letter('3', 'a', 'X'), letter('2', 'a')];
    expect(groupByCause(letters)).toMatchObject([
      { route: 'a', code: 'X', count: 2, message: 'message 4', tool: 'aws/risk.score' },
      { route: 'b', code: 'X', count: 1 },
      { route: 'a', code: undefined, count: 1 },
    ]);
  });

  it('gives each cause the filter that finds its letters', () => {
    const [cause] = groupByCause([letter('1', 'a', 'X')]);
    expect(cause?.filter).toEqual({ route: 'a', reason: 'attempts-exhausted', code: 'X' });
  });
});
