import { describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { AttemptEnd } from '../src/handlers/attempt-end.js';

const LONG_MS = 60_000;

describe('AttemptEnd', () => {
  it.each([
    ['its time', (_outer: AbortController, _end: AttemptEnd) => undefined, 5],
    ['the outer signal', (outer: AbortController) => outer.abort(), LONG_MS],
    ['itself', (_outer: AbortController, end: AttemptEnd) => end.end(), LONG_MS],
  ])('comes with %s, once, and aborts the signal, asked for before or after', async (_what, bring, timeoutMs) => {
    let told = 0;
    const outer = new AbortController();
    const make = () => new AttemptEnd(outer.signal, timeoutMs, () => (told += 1));
    const [asked, unasked] = [make(), make()];
    const { signal } = asked;
    expect([asked.isOver, signal.aborted]).toEqual([false, false]);
    for (const end of [asked, unasked]) bring(outer, end);
    await waitUntil(() => asked.isOver && unasked.isOver, 'both are over');
    expect([signal.aborted, unasked.signal.aborted]).toEqual([true, true]);
    asked.end();
    unasked.end();
    outer.abort();
    expect(told).toBe(2);
  });

  it('is over from the beginning under a signal that is aborted', () => {
    let told = 0;
    const end = new AttemptEnd(AbortSignal.abort(), LONG_MS, () => (told += 1));
    expect([end.isOver, end.signal.aborted, told]).toEqual([true, true, 1]);
  });
});
