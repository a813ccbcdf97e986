import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { cpuMicrosOf } from '../processes/bench-process.ts';
import { median } from './median.ts';
import { RESTS_MS, type RedisCosts, type RestMs } from './redis/costs.ts';

/** How long Redis rests before a call that finds it cold, in ms. */
const REST_MS: RestMs = '4';
const BLOCKS = 9;
const CALLS_IN_BLOCK = 16;
/** Of longer rests there are fewer, so that a block takes no longer than this, in ms. */
const BLOCK_MS = 130;
const IDLE_MS = 2_000;

/** The process of a Redis on this machine. */
export async function pidOf(redis: Redis): Promise<number> {
  return Number(/^process_id:(\d+)/m.exec(await redis.info('server'))?.[1]);
}

/** What a Redis spends on a core, by the scheduler's account, in µs. */
export class RedisMeter {
  readonly pid: number;
  /** In a second in which nobody asks anything. */
  idle = 0;

  constructor(pid: number) {
    this.pid = pid;
  }

  /** For one of many calls, one right after the other. */
  async cost(times: number, run: () => Promise<unknown>): Promise<number> {
    const before = this.#micros();
    for (let n = 0; n < times; n++) await run();
    return (this.#micros() - before) / times;
  }

  /** Measures what it does for itself: nobody may ask anything meanwhile. */
  async rest(): Promise<void> {
    const [before, beganAt] = [this.#micros(), performance.now()];
    await sleep(IDLE_MS);
    this.idle = (this.#micros() - before) / ((performance.now() - beganAt) / 1_000);
  }

  /** How cold it is after each of the rests, told from a call that costs so much when it is warm. */
  async coldAfter(warm: number, run: () => Promise<unknown>): Promise<RedisCosts['coldAfter']> {
    const costs = new Map<RestMs, number[]>(RESTS_MS.map((rest) => [rest, []]));
    for (let block = 0; block < BLOCKS; block++)
      for (const [rest, all] of costs) all.push(await this.costAfter(rest, run));
    const coldest = Math.max(1, median(costs.get(REST_MS) ?? []) - warm);
    const shares = Array.from(costs, ([rest, all]) => [rest, Math.max(0, (median(all) - warm) / coldest)]);
    return Object.fromEntries(shares) as RedisCosts['coldAfter'];
  }

  /** For a call after such a rest. */
  async costAfter(rest: RestMs, run: () => Promise<unknown>): Promise<number> {
    const restMs = Number(rest);
    const calls = Math.max(2, Math.min(CALLS_IN_BLOCK, Math.round(BLOCK_MS / restMs)));
    const [before, beganAt] = [this.#micros(), performance.now()];
    for (let n = 0; n < calls; n++) {
      // A timer of Node is not exact enough for the short ones.
      Atomics.wait(NEVER, 0, 0, restMs);
      await run();
    }
    const own = ((performance.now() - beganAt) / 1_000) * this.idle;
    return (this.#micros() - before - own) / calls;
  }

  #micros(): number {
    return cpuMicrosOf(this.pid) ?? Number.NaN;
  }
}

/** A call to a Redis that is measured. */
export interface MeteredCall {
  readonly meter: RedisMeter;
  readonly run: () => Promise<unknown>;
}

/**
 * What each costs where it finds its Redis cold: medians of several times, in turns, since the machine is not the same from one
 * second to the next.
 */
export async function costsAfterRest(calls: readonly MeteredCall[]): Promise<number[]> {
  const costs = calls.map((): number[] => []);
  for (let block = 0; block < BLOCKS; block++)
    for (const [at, { meter, run }] of calls.entries()) costs[at]?.push(await meter.costAfter(REST_MS, run));
  return costs.map(median);
}

const NEVER = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
