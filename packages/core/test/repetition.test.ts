import { describe, expect, it } from '@jest/globals';
import { Repetition } from '@millrace/core';

describe('Repetition', () => {
  it('begins at once, and goes on after a pause that may be another each time', async () => {
    const pauses = [1, 2, 600_000];
    let times = 0;
    const { promise: isThird, resolve } = Promise.withResolvers<void>();
    const repetition = new Repetition(
      async () => {
        times += 1;
        if (times === 3) resolve();
      },
      () => pauses.shift() ?? 0,
    );
    repetition.start();
    expect(times).toBe(1);
    await isThird;
    await repetition.stop();
    expect([times, pauses]).toEqual([3, []]);
  });

  it('tells the work under way that it is stopped, waits for it, and does it no more', async () => {
    let times = 0;
    let hasEnded = false;
    const repetition = new Repetition(async (signal) => {
      times += 1;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await Promise.resolve();
      hasEnded = true;
    }, 0);
    repetition.start();
    await Promise.all([repetition.stop(), repetition.stop()]);
    expect([times, hasEnded]).toEqual([1, true]);
  });

  it('does nothing where it was never started, or stopped before', async () => {
    let times = 0;
    const repetition = new Repetition(async () => {
      times += 1;
    }, 0);
    await repetition.stop();
    repetition.start();
    await repetition.stop();
    expect(times).toBe(0);
  });
});
