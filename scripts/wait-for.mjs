import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks `probe` again and again until it says true, and resolves true; resolves false when `limitMs` have passed or
 * `signal` aborts. A probe in flight at the limit is not waited for beyond its own limit.
 * @param {() => boolean | Promise<boolean>} probe
 * @param {{ limitMs: number, everyMs?: number, signal?: AbortSignal }} options
 */
export async function waitFor(probe, { limitMs, everyMs = 50, signal }) {
  const giveUpAt = performance.now() + limitMs;
  while (!signal?.aborted) {
    if (await probe()) return true;
    if (performance.now() >= giveUpAt) return false;
    await sleep(everyMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
  return false;
}
