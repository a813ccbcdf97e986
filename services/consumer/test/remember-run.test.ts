import { describe, expect, it } from '@jest/globals';
import { type AskModel, KNOWN_ORIGIN, type Remembered } from '@millrace/agent';
import type { Event } from '@millrace/events';
import type { HandlerContext } from '@millrace/handlers';
import { rememberSummed } from '../src/agents/remember-run.js';

const prices = { input: 1, output: 1, cached: 0 };
const spent = { steps: 1, calls: 0, input: 5, output: 5, cached: 0, cost: 0 };
const run: Remembered = {
  at: new Date(0),
  origin: KNOWN_ORIGIN,
  event: 'e',
  result: 'r',
  report: { spent, steps: [] },
};

describe('rememberSummed', () => {
  it('asks a model once, however often the run is gone on with, and counts the question each time', async () => {
    let asked = 0;
    const ask: AskModel = async () => {
      asked += 1;
      return { text: `words ${asked}`, calls: [], finish: 'stop', usage: { input: 7, output: 3, cached: 0 } };
    };
    const recorded = new Map<string, unknown>();
    const step = async (name: string, work: () => Promise<unknown>) => {
      if (!recorded.has(name)) recorded.set(name, await work());
      return recorded.get(name);
    };
    const kept: (Remembered['summary'] | undefined)[] = [];
    const memory = {
      text: undefined,
      origin: KNOWN_ORIGIN,
      keep: ({ summary }: Remembered) => void kept.push(summary),
      findFading: () => ({ summary: '', turns: [{ at: '', event: 'old', result: 'old', calls: [] }] }),
      lowerTrust: (event: Event) => event,
    };
    const context = { step: step as HandlerContext['step'], signal: new AbortController().signal };
    const limits = { steps: 1, calls: 0, tokens: 100, seconds: 60, cost: 1 };
    const parts = { memory, limits, ask, maxOutputTokens: 50, pricesOf: () => prices, context };
    const first = await rememberSummed(run, parts);
    const second = await rememberSummed(run, parts);
    expect(asked).toBe(1);
    expect(kept).toEqual([kept[0], expect.objectContaining({ text: 'words 1', turns: 1 })]);
    expect([first.spent, second.spent]).toEqual([
      first.spent,
      { ...spent, input: 12, output: 8, cost: expect.any(Number) },
    ]);
  });
});
