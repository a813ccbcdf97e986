import { sleep } from '@millrace/core';

/**
 * Resolves with the first value of `probe` that is neither `undefined` nor `false`. Tests wait for conditions with this
 * instead of sleeping; the limit only bounds a hang, it is never the thing being tested.
 */
export async function waitUntil<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  limitMs = 120_000,
): Promise<T> {
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > giveUpAt) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await sleep(20);
  }
}
