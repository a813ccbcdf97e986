import { describe, expect, it } from '@jest/globals';
import { NOTHING_SPENT } from '../src/limits.js';
import { KNOWN_ORIGIN, type Origin, parseMemory, remember, renderMemory } from '../src/memory.js';
import type { CallReport } from '../src/outcome.js';

const said = (words: string): CallReport => {
  const fence = 'data-0123456789abcdef01';
  return { step: '0.0', name: 'n', tool: 'gcp/look', verdict: 'done', said: `<${fence}>\n${words}\n</${fence}>` };
};

function run(n: number, text = `event ${n}`, words = `fact ${n}`, origin: Origin = KNOWN_ORIGIN) {
  const report = { spent: NOTHING_SPENT, steps: [{ text: '', calls: [said(words)] }] };
  return { origin, at: new Date(1_700_000_000_000 + n * 1_000), event: text, result: `result ${n}`, report };
}

describe('the memory of a context', () => {
  it('has the last events, what tools answered, and a line for each event before', () => {
    let text: string | undefined;
    for (let n = 1; n <= 10; n += 1) text = remember(parseMemory(text), run(n), 16_384);
    const memory = parseMemory(text);
    expect(memory.events).toBe(10);
    expect(memory.turns.map(({ event }) => event)).toEqual([3, 4, 5, 6, 7, 8, 9, 10].map((n) => `event ${n}`));
    expect(memory.summary.split('\n').map((line) => line.slice(25))).toEqual(['result 1', 'result 2']);
    expect(memory.facts.at(-1)).toMatchObject({ tool: 'gcp/look', said: 'fact 10' });
    expect(renderMemory(memory)).toContain('"before":');
  });

  it('stays within its bytes after a thousand events, whatever they hold, and keeps the last', () => {
    for (const maxBytes of [1_024, 16_384]) {
      let text: string | undefined;
      for (let n = 1; n <= 1_000; n += 1) {
        text = remember(parseMemory(text), run(n, '\u0001"ä'.repeat(800), '"é'.repeat(600)), maxBytes);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
      }
      expect(parseMemory(text).events).toBe(1_000);
    }
    const roomy = remember(parseMemory(remember(parseMemory(undefined), run(1), 4_096)), run(2), 4_096);
    expect(parseMemory(roomy).turns.at(-1)?.result).toBe('result 2');
  });

  it('is trusted as little as the least trusted event that went into it, when that has long been cut too', () => {
    const anonymous = { trust: 'anonymous', isFromOutside: false } as const;
    let text = remember(parseMemory(undefined), run(1, 'a', 'b', anonymous), 1_024);
    for (let n = 2; n <= 50; n += 1) text = remember(parseMemory(text), run(n), 1_024);
    expect(parseMemory(text).origin).toEqual(anonymous);
  });

  it('knows whether a tool that reaches outside has put something into it', () => {
    const outside = run(1);
    const calls = outside.report.steps[0]?.calls.map((call) => ({ ...call, isFromOutside: true })) ?? [];
    const read = { ...outside, report: { ...outside.report, steps: [{ text: '', calls }] } };
    const text = remember(parseMemory(remember(parseMemory(undefined), read, 4_096)), run(2), 4_096);
    expect(parseMemory(text).origin).toEqual({ trust: 'signed', isFromOutside: true });
  });

  it('is thought the worst of where it does not say whose it is', () => {
    const { origin: _origin, ...old } = JSON.parse(remember(parseMemory(undefined), run(1), 4_096)) as {
      origin: unknown;
    };
    expect(parseMemory(JSON.stringify(old)).origin).toEqual({ trust: 'anonymous', isFromOutside: true });
    expect(parseMemory(undefined).origin).toEqual(KNOWN_ORIGIN);
  });

  it('says nothing where nothing was', () => {
    expect(renderMemory(parseMemory(undefined))).toBeUndefined();
  });

  it('has a fact once, however often a tool says it', () => {
    const once = remember(parseMemory(undefined), run(1, 'a', 'same'), 16_384);
    expect(parseMemory(remember(parseMemory(once), run(2, 'b', 'same'), 16_384)).facts).toHaveLength(1);
  });
});
