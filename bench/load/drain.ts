import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { BenchProcess } from '../processes/bench-process.ts';
import { withCosts } from '../processes/costs.ts';
import type { Figures } from '../suite/comparison.ts';

/** Consumers, and the work that is put before them. */
export interface Drainable {
  readonly processes: readonly BenchProcess[];
  readonly redis: Redis;
  /** Whom they call; it is not theirs to stop. */
  readonly server?: BenchProcess | undefined;
  /** Puts so many events where the consumers find them. */
  readonly fill: (count: number) => Promise<void>;
  /** Events that are not settled yet, told by Redis, not by the consumers. */
  readonly remaining: () => Promise<number>;
}

const POLL_MS = 5;
const STALL_MS = 30_000;

/**
 * How fast consumers take care of a backlog: they are frozen while it is put before them, then let go; the time is over
 * when Redis says that nothing is left. A short run before tells that they are awake: a long freeze costs a connection.
 */
export async function measureDrain(drainable: Drainable, count: number): Promise<Figures> {
  const { processes, redis, server } = drainable;
  for (const one of processes) one.thaw();
  await drainable.fill(200);
  await untilEmpty(drainable);
  for (const one of processes) one.freeze();
  await drainable.fill(count);
  const drain = async () => {
    const startedAt = performance.now();
    for (const one of processes) one.thaw();
    await untilEmpty(drainable);
    return { events: count, figures: { 'events/s': count / ((performance.now() - startedAt) / 1_000) } };
  };
  const figures = await withCosts(processes, redis, drain, server);
  for (const one of processes) one.freeze();
  return figures;
}

async function untilEmpty({ remaining }: Drainable): Promise<void> {
  let last = Number.POSITIVE_INFINITY;
  let lastChangeAt = performance.now();
  for (;;) {
    const left = await remaining();
    if (left === 0) return;
    if (left !== last) lastChangeAt = performance.now();
    if (performance.now() - lastChangeAt > STALL_MS) throw new Error(`${left} events are left and nothing happens`);
    last = left;
    await sleep(POLL_MS);
  }
}
