import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runAgent } from '../src/run-agent.js';
import { Crash, createLedgerJournal, type Kept } from './ledger-journal.js';
import { aTask, callOf, openStage, type Stage } from './stage.js';

const never = new AbortController().signal;
const prices = { input: 1, output: 1, cached: 0 };
let dir: string;
let stage: Stage;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-agent-'));
  stage = await openStage(join(dir, 'witness.jsonl'));
});

afterAll(async () => {
  await stage.close();
  await rm(dir, { recursive: true });
});

/** Five calls in three answers, then a word. */
function fiveCalls(eventId: string) {
  const reserve = (sku: string) => callOf('stock.reserve', { eventId, orderId: 'o-1', sku });
  return {
    name: 'five',
    answers: [
      { calls: [reserve('a'), reserve('b')] },
      { calls: [callOf('stock.release', { eventId, orderId: 'o-1', sku: 'a' })] },
      { calls: [reserve('c'), callOf('parcel.book', { eventId, orderId: 'o-1', address: 'Main St 1' })] },
      { text: 'all reserved' },
    ],
  };
}

function attempt(
  eventId: string,
  kept: Kept,
  number: number,
  crash?: { readonly at: number; readonly when: 'before' | 'after' },
) {
  const options = { kept, eventId, tools: stage.tools, attempt: number, ...(crash === undefined ? {} : { crash }) };
  const ledger = createLedgerJournal(options);
  const parts = { ask: stage.model(), prices, maxOutputTokens: 1_000, journal: ledger.journal, now: () => Date.now() };
  return { ledger, outcome: runAgent(aTask(stage), parts, never) };
}

describe('a run that dies', () => {
  it('at any point of its journal ends as one that does not: every effect once, no kept answer asked for again', async () => {
    await stage.follow(fiveCalls('whole'));
    const whole = attempt('whole', new Map(), 1);
    const expected = await whole.outcome;
    expect(expected).toMatchObject({ kind: 'done', result: 'all reserved', report: { spent: { steps: 4, calls: 5 } } });
    expect(await stage.effectsOf('whole')).toEqual({ requests: 5, effects: 5 });
    const points = whole.ledger.records;
    // Start, four answers, and for each of five calls: about to be sent, answered, told.
    expect(points).toBe(1 + 4 + 5 * 3);

    for (let at = 1; at <= points; at += 1) {
      for (const when of ['before', 'after'] as const) {
        const eventId = `crash-${when}-${at}`;
        await stage.follow(fiveCalls(eventId));
        const kept: Kept = new Map();
        await expect(attempt(eventId, kept, 1, { at, when }).outcome).rejects.toThrow(Crash);
        const keptAnswers = [...kept.keys()].filter((step) => /^\d+$/.test(step));
        const askedBefore = (await stage.asked()).length;
        const outcome = await attempt(eventId, kept, 2).outcome;

        expect([at, when, outcome.kind, outcome.report.spent]).toEqual([at, when, 'done', expected.report.spent]);
        expect(outcome).toMatchObject({ result: 'all reserved' });
        expect([at, when, (await stage.effectsOf(eventId)).effects]).toEqual([at, when, 5]);
        const askedAfter = (await stage.asked()).slice(askedBefore).map((one) => one.split(' ')[0]);
        expect([at, when, askedAfter.filter((answer) => keptAnswers.includes(String(answer)))]).toEqual([at, when, []]);
        expect(askedAfter.length).toBe(4 - keptAnswers.length);
      }
    }
  });

  it('shows the model what it was shown before, though the tool would answer something else by now', async () => {
    await stage.follow(fiveCalls('stale'));
    const kept: Kept = new Map();
    await expect(attempt('stale', kept, 1, { at: 12, when: 'after' }).outcome).rejects.toThrow(Crash);
    const before = kept.get('0.0')?.result;
    await stage.breakTools({ kind: 'error' });
    try {
      const { report } = await attempt('stale', kept, 2).outcome;
      expect(report.steps[0]?.calls[0]).toEqual(before);
      // What was not known yet is what the tool says now.
      expect(report.steps[2]?.calls.map(({ verdict }) => verdict)).toEqual(['failed', 'failed']);
    } finally {
      await stage.breakTools();
    }
  });
});
