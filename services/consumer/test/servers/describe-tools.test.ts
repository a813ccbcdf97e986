import { describe, expect, it } from '@jest/globals';
import { describeTools, type SeenTool } from '../../src/servers/describe-tools.js';

const T0 = '2026-01-01T00:00:00.000Z';
const T1 = '2026-01-02T00:00:00.000Z';

function seen(name: string, digest: string, description = 'Scores.'): SeenTool {
  const annotations = { readOnlyHint: true, vendor: 'x'.repeat(9_000) };
  return { tool: { name, description, annotations, inputSchema: {} }, digest };
}

describe('describeTools', () => {
  it('compares tools with those that were accepted, and names those that are gone', () => {
    const pins = { same: 'd1', other: 'd1', gone: 'd1' };
    const tools = describeTools(
      [seen('same', 'd1'), seen('other', 'd2'), seen('fresh', 'd3')],
      { isTrusted: false, pins },
      undefined,
      T0,
    );
    expect(tools.map(({ name, pin }) => `${name} ${pin}`)).toEqual([
      'fresh new',
      'gone missing',
      'other changed',
      'same accepted',
    ]);
  });

  it('says when a tool was first seen to be other than before, or there at all', () => {
    const trust = { isTrusted: false, pins: undefined };
    const first = describeTools([seen('a', 'd1'), seen('b', 'd1')], trust, undefined, T0);
    expect(first.map(({ pin, changedAt }) => [pin, changedAt])).toEqual([
      ['none', undefined],
      ['none', undefined],
    ]);
    const second = describeTools([seen('a', 'd2'), seen('b', 'd1'), seen('c', 'd1')], trust, first, T1);
    expect(second.map(({ name, changedAt }) => [name, changedAt])).toEqual([
      ['a', T1],
      ['b', undefined],
      ['c', T1],
    ]);
    const third = describeTools([seen('a', 'd2')], trust, second, '2026-01-03T00:00:00.000Z');
    expect(third[0]?.changedAt).toBe(T1);
  });

  it('bounds whatever a server says: how many tools, how long a text, which hints', () => {
    const many = Array.from({ length: 600 }, (_, n) => seen(`t${n}`, 'd', 'long '.repeat(100)));
    const tools = describeTools(many, { isTrusted: false, pins: undefined }, undefined, T0);
    expect(tools).toHaveLength(500);
    expect(tools[0]?.description).toHaveLength(240);
    expect(tools[0]?.annotations).toEqual({ readOnlyHint: true });
    expect(JSON.stringify(tools).length).toBeLessThan(500 * 500);
  });
});
