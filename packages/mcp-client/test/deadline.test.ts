import { describe, expect, it } from '@jest/globals';
import { startDeadline, unlessAborted } from '../src/deadline.js';

describe('startDeadline', () => {
  it('keeps the first reason for its end', () => {
    const parent = new AbortController();
    const deadline = startDeadline(parent.signal, 600_000);
    expect(deadline.interruption()).toBeUndefined();
    parent.abort();
    deadline.close();
    expect(deadline.signal.aborted).toBe(true);
    expect(deadline.interruption()).toBe('aborted');
    deadline.release();
  });

  it('has ended before it began when the caller’s signal is aborted', () => {
    const deadline = startDeadline(AbortSignal.abort(), 600_000);
    expect(deadline.interruption()).toBe('aborted');
    deadline.release();
  });

  it('does not listen to the caller’s signal once it is released', () => {
    const parent = new AbortController();
    const deadline = startDeadline(parent.signal, 600_000);
    deadline.release();
    parent.abort();
    expect(deadline.signal.aborted).toBe(false);
  });
});

describe('unlessAborted', () => {
  it('passes on what the work does', async () => {
    const { signal } = new AbortController();
    await expect(unlessAborted(Promise.resolve(7), signal)).resolves.toBe(7);
    await expect(unlessAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
  });

  it('is undefined as soon as the signal is aborted', async () => {
    const controller = new AbortController();
    const waiting = unlessAborted(new Promise(() => {}), controller.signal);
    controller.abort();
    await expect(waiting).resolves.toBeUndefined();
    await expect(unlessAborted(new Promise(() => {}), controller.signal)).resolves.toBeUndefined();
  });
});
