import { describe, expect, it } from '@jest/globals';
import { sleep, untilAborted, withDeadline } from '@millrace/core';

describe('sleep', () => {
  it('ends at once, without an error, when the signal is aborted', async () => {
    const controller = new AbortController();
    const sleeping = sleep(600_000, controller.signal);
    controller.abort();
    await expect(sleeping).resolves.toBeUndefined();
    await expect(sleep(600_000, controller.signal)).resolves.toBeUndefined();
  });
});

describe('untilAborted', () => {
  it('resolves when the signal is aborted, and at once where it was', async () => {
    const controller = new AbortController();
    const waiting = untilAborted(controller.signal);
    controller.abort();
    await expect(waiting).resolves.toBeUndefined();
    await expect(untilAborted(controller.signal)).resolves.toBeUndefined();
  });
});

describe('withDeadline', () => {
  it('passes the result on', async () => {
    await expect(withDeadline(Promise.resolve(7), 60_000, () => new Error('late'))).resolves.toBe(7);
  });

  it('rejects with the given error when the work never settles', async () => {
    await expect(withDeadline(new Promise(() => {}), 5, () => new Error('late'))).rejects.toThrow('late');
  });
});
