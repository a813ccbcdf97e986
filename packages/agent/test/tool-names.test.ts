import { describe, expect, it } from '@jest/globals';
import { modelNameOf, ToolNames } from '../src/tool-names.js';

const tools = [
  { server: 'aws', tool: 'risk_score' },
  { server: 'aws', tool: 'risk.score' },
  { server: 'aws', tool: 'risk-score' },
  { server: 'aws', tool: 'risk/score' },
  { server: 'aws', tool: '_x' },
  { server: 'aws_', tool: 'x' },
  { server: 'aws', tool: 'x__y' },
  { server: 'aws__x', tool: 'y' },
  { server: 'gcp', tool: 'send' },
  { server: 'azure', tool: 'send' },
  { server: 'gcp', tool: `${'long'.repeat(31)}a` },
  { server: 'gcp', tool: `${'long'.repeat(31)}b` },
  { server: 'gcp', tool: 'größe' },
];

describe('modelNameOf', () => {
  it('is what model APIs take, and another for every tool', () => {
    const names = tools.map(modelNameOf);
    expect(names.filter((name) => !/^[A-Za-z0-9_-]{1,64}$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('shows server and tool as they are, where it can', () => {
    expect(modelNameOf({ server: 'aws', tool: 'risk_score' })).toBe('aws__risk_score');
    expect(modelNameOf({ server: 'aws', tool: 'risk.score' })).toMatch(/^aws__risk_score_[0-9a-f]{8}$/);
  });
});

describe('ToolNames', () => {
  it('finds every tool by the name that the model has for it', () => {
    const names = new ToolNames(tools);
    expect(tools.map((tool) => names.find(modelNameOf(tool)))).toEqual(tools);
    expect(names.find('aws__other')).toBeUndefined();
  });

  it('has neither of two tools that share a name', () => {
    const forger = { server: 'aws', tool: modelNameOf({ server: 'aws', tool: 'risk.score' }).slice('aws__'.length) };
    const names = new ToolNames([{ server: 'aws', tool: 'risk.score' }, forger, { server: 'aws', tool: 'other' }]);
    expect(names.entries().map(([name]) => name)).toEqual(['aws__other']);
  });
});
