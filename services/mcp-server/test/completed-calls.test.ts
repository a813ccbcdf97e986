import { describe, expect, it } from '@jest/globals';
import { CompletedCalls } from '../src/completed-calls.js';

describe('CompletedCalls', () => {
  it('answers a repeated key with the first answer, also while that is still to come', async () => {
    const calls = new CompletedCalls<string>();
    const { promise, resolve } = Promise.withResolvers<string>();
    calls.remember('t', 'k', 'digest', promise);
    const recalled = calls.recall('t', 'k', 'digest');
    resolve('first');
    expect(recalled.kind === 'repeat' && (await recalled.answer)).toBe('first');
  });

  it('refuses a key used for other arguments', () => {
    const calls = new CompletedCalls<string>();
    calls.remember('t', 'k', 'digest', Promise.resolve('first'));
    expect(calls.recall('t', 'k', 'other')).toEqual({ kind: 'mismatch' });
  });

  it('keeps the keys of different tools apart', () => {
    const calls = new CompletedCalls<string>();
    calls.remember('t', 'k', 'digest', Promise.resolve('first'));
    expect(calls.recall('u', 'k', 'digest')).toEqual({ kind: 'new' });
  });

  it('forgets a call that threw', async () => {
    const calls = new CompletedCalls<string>();
    const failed = Promise.reject(new Error('no'));
    calls.remember('t', 'k', 'digest', failed);
    await expect(failed).rejects.toThrow('no');
    expect(calls.recall('t', 'k', 'digest')).toEqual({ kind: 'new' });
  });

  it('forgets the oldest call when there are too many', () => {
    const calls = new CompletedCalls<string>(1);
    calls.remember('t', 'a', 'digest', Promise.resolve('a'));
    calls.remember('t', 'b', 'digest', Promise.resolve('b'));
    expect(calls.recall('t', 'a', 'digest').kind).toBe('new');
    expect(calls.recall('t', 'b', 'digest').kind).toBe('repeat');
  });
});
