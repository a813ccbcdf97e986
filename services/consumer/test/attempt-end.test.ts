import { describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { AttemptEnd, type OuterEnd } from '../src/handlers/attempt-end.js';

const LONG_MS = 60_000;

const outerOf = (controller: AbortController): OuterEnd => ({
  get isAborted() {
    return controller.signal.aborted;
  },
  signal: controller.signal,
});

describe('AttemptEnd', () => {
  it.each([
    ['its time', (_outer: AbortController, _end: AttemptEnd) => undefined, 5],
    ['the outer signal', (outer: AbortController) => outer.abort(), LONG_MS],
    ['itself', (_outer: AbortController, end: AttemptEnd) => end.end(), LONG_MS],
  ])('comes with %s, once, and aborts the signal, asked for before or after', async (_what, bring, timeoutMs) => {
    let told = 0;
    const outer = new AbortController();
    const make = () => {
      const end = new AttemptEnd(outerOf(outer), timeoutMs);
      end.watch(() => (told += 1));
      return end;
    };
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
    const outer = new AbortController();
    outer.abort();
    const end = new AttemptEnd(outerOf(outer), LONG_MS);
    end.watch(() => (told += 1));
    expect([end.isOver, end.signal.aborted, told]).toEqual([true, true, 1]);
  });

  it('comes at once where the outer signal was aborted before anything was waited for', () => {
    let told = 0;
    const outer = new AbortController();
    const end = new AttemptEnd(outerOf(outer), LONG_MS);
    outer.abort();
    expect(end.isOver).toBe(false);
    end.watch(() => (told += 1));
    expect([end.isOver, end.signal.aborted, told]).toEqual([true, true, 1]);
  });
});
