import { sleep } from '@millrace/core';
import { pick, type Random } from './random.js';
import type { TestedRoute } from './tested-route.js';

/** Events that may be under way at once. Beyond that the load waits, and falls behind its rate. */
const MAX_OPEN = 1_000;
const TICK_MS = 10;

export interface LoadPlan {
  readonly routes: readonly TestedRoute[];
  /** Events per second, over all routes. */
  readonly rate: number;
  readonly durationMs: number;
}

/**
 * Sends events at a steady rate whatever the answers do, so that a system that stands still is noticed and not waited
 * for. Every route gets the same number. Resolves when the time is over and every event has come to its end.
 */
export async function sendLoad(
  { routes, rate, durationMs }: LoadPlan,
  send: (route: TestedRoute) => Promise<void>,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  const total = Math.floor((rate * durationMs) / 1_000);
  const open = new Set<Promise<void>>();
  const startedAt = performance.now();
  let round: TestedRoute[] = [];
  for (let begun = 0; begun < total && !signal.aborted; ) {
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs > 2 * durationMs) break;
    const due = Math.min(total, Math.floor((rate * elapsedMs) / 1_000) + 1);
    for (; begun < due && open.size < MAX_OPEN; begun += 1) {
      if (round.length === 0) round = [...routes];
      const route = pick(random, round);
      if (route === undefined) return;
      round = round.filter((one) => one !== route);
      const sending = send(route).finally(() => open.delete(sending));
      open.add(sending);
    }
    await sleep(TICK_MS, signal);
  }
  await Promise.all(open);
}
