import { describe, expect, it } from '@jest/globals';
import { asAgentRun, asModelTurn, isTelling } from '../src/api/agent-run';

const spent = { steps: 2, calls: 1, input: 10, output: 5, cached: 0, cost: 0 };
const calls = [{ step: '0.0', name: 'gcp__logs', tool: 'gcp/logs', verdict: 'done' }];

describe('asAgentRun', () => {
  it('knows the result of an agent, done or not, from any other', () => {
    expect(asAgentRun({ output: null, spent, models: ['a'], calls })).toEqual({
      output: null,
      spent,
      models: ['a'],
      calls,
      resources: [],
    });
    expect(asAgentRun({ spent, models: [], calls })).not.toHaveProperty('output');
    for (const other of [undefined, null, 'done', { spent: 3 }, { spent, calls }])
      expect(asAgentRun(other)).toBeUndefined();
  });
});

describe('asModelTurn', () => {
  it('knows an answer of a model from what a tool has answered', () => {
    const turn = { text: 'I look.', calls: [], usage: { input: 1, output: 2 } };
    expect(asModelTurn({ ...turn, finish: 'stop', by: 'other' })).toEqual({ ...turn, by: 'other' });
    expect(asModelTurn({ text: 'a page' })).toBeUndefined();
  });
});

describe('isTelling', () => {
  it('leaves out what an agent only keeps for itself', () => {
    const answer = { text: 'I look.', calls: [], usage: { input: 1, output: 2 } };
    expect(isTelling({ step: '0.0/call', target: { server: 'gcp', tool: 'logs' } })).toBe(true);
    expect(isTelling({ step: '0', target: { server: '-', tool: '0' }, result: answer })).toBe(true);
    expect(isTelling({ step: 'start', target: { server: '-', tool: 'start' }, result: { startedAt: 1 } })).toBe(false);
  });
});
