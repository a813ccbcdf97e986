import { describe, expect, it } from '@jest/globals';
import { type AskModel, KNOWN_ORIGIN, ModelError, type Remembered } from '@millrace/agent';
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

const usage = { input: 7, output: 3, cached: 0 };
const limits = { steps: 1, calls: 0, tokens: 5_000, seconds: 60, cost: 1 };

/** Remembers the run twice, as whoever goes on with its delivery would; `recorded` is the ledger. */
function remembering(ask: AskModel, more: Partial<Parameters<typeof rememberSummed>[1]> = {}) {
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
  const parts = { memory, limits, leftMs: 60_000, ask, maxOutputTokens: 50, pricesOf: () => prices, context, ...more };
  return { kept, recorded, remember: () => rememberSummed(run, parts) };
}

describe('rememberSummed', () => {
  it('asks a model once, however often the run is gone on with, and counts the question each time', async () => {
    let asked = 0;
    const { kept, remember } = remembering(async () => {
      asked += 1;
      return { text: `words ${asked}`, calls: [], finish: 'stop', usage };
    });
    const first = await remember();
    const second = await remember();
    expect(asked).toBe(1);
    expect(kept).toEqual([kept[0], expect.objectContaining({ text: 'words 1', turns: 1 })]);
    expect([first.spent, second.spent]).toEqual([
      first.spent,
      { ...spent, input: 12, output: 8, cost: expect.any(Number) },
    ]);
  });

  it('asks for no more tokens than the run has left, and goes by the rules where they are too few', async () => {
    const allowed: number[] = [];
    const ask: AskModel = async ({ maxOutputTokens, instructions, opening }) => {
      allowed.push(maxOutputTokens + Math.ceil((instructions.length + opening.length) / 4));
      return { text: 'words', calls: [], finish: 'stop', usage };
    };
    const last = remembering(ask, { limits: { ...limits, tokens: 500 }, maxOutputTokens: 2_000 });
    await last.remember();
    expect([allowed, last.kept]).toEqual([[490], [expect.objectContaining({ text: 'words' })]]);
    const none = remembering(ask, { limits: { ...limits, tokens: 100 } });
    expect((await none.remember()).spent).toEqual(spent);
    expect([allowed.length, none.kept, none.recorded.get('summary')]).toEqual([
      1,
      [undefined],
      expect.objectContaining({ kind: 'none', why: 'tokens' }),
    ]);
  });

  it('waits no longer than the run has time left, and goes by the rules then', async () => {
    const askForEver: AskModel = (_question, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new ModelError('MODEL_TIMEOUT', 'unknown', 'no answer')));
      });
    for (const leftMs of [30, 0, -5_000]) {
      const { kept, recorded, remember } = remembering(askForEver, { leftMs });
      expect((await remember()).spent).toEqual(spent);
      expect(kept).toEqual([undefined]);
      expect(recorded.get('summary')).toMatchObject({ kind: 'none', why: 'seconds' });
    }
  });
});
