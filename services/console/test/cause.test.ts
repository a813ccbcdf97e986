import { describe, expect, it } from '@jest/globals';
import { type Cause, filterOf, toolOf } from '../src/api/cause';
import type { DeadLetter } from '../src/api/dead-letters';

const latest: DeadLetter = {
  id: '0-1-0.score',
  ref: '0-1-0',
  route: 'score',
  deadAt: '2026-01-31T08:00:00Z',
  event: null,
  dataBytes: 0,
  version: 'v1',
  state: 'dead',
  attempts: 3,
  starts: 3,
  effects: [{ server: 'aws', tool: 'risk.score' }],
  followUps: [],
};
const cause: Cause = { route: 'score', reason: 'attempts-exhausted', code: 'TOOL_TIMEOUT', count: 3, latest };

describe('filterOf', () => {
  it('gives each cause the filter that finds its letters', () => {
    expect(filterOf(cause)).toEqual({ route: 'score', reason: 'attempts-exhausted', code: 'TOOL_TIMEOUT' });
    expect(filterOf({ route: '-', count: 1, latest: null })).toEqual({ route: '-' });
  });
});

describe('toolOf', () => {
  it('names what was called last, where anything was', () => {
    expect(toolOf(cause)).toBe('aws/risk.score');
    expect(toolOf({ ...cause, latest: { ...latest, effects: [{ step: 'read' }] } })).toBeUndefined();
    expect(toolOf({ ...cause, latest: null })).toBeUndefined();
  });
});
