import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMicrosOf } from '../processes/bench-process.ts';

/** How long Redis rests before a call that finds it cold, in ms. */
const REST_MS = 4;
const SHORT_REST_MS = 1;
const BLOCKS = 9;
const CALLS_IN_BLOCK = 16;
const IDLE_MS = 2_000;

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

  /** For a call that finds it cold. */
  costAfterRest(run: () => Promise<unknown>): Promise<number> {
    return this.#costAfter(REST_MS, run);
  }

  /** How soon it cools, in ms, told from a call that costs so much when it is warm. */
  async coolsInMs(warm: number, run: () => Promise<unknown>): Promise<number> {
    const [soon, late] = [await this.#costAfter(SHORT_REST_MS, run), await this.#costAfter(REST_MS, run)];
    const share = Math.min(0.98, Math.max(0.2, (soon - warm) / (late - warm)));
    return -SHORT_REST_MS / Math.log(1 - share);
  }

  /** The median of several times: whatever else the machine does strikes single ones. */
  async #costAfter(restMs: number, run: () => Promise<unknown>): Promise<number> {
    const costs: number[] = [];
    for (let block = 0; block < BLOCKS; block++) {
      const [before, beganAt] = [this.#micros(), performance.now()];
      for (let n = 0; n < CALLS_IN_BLOCK; n++) {
        await sleep(restMs);
        await run();
      }
      const own = ((performance.now() - beganAt) / 1_000) * this.idle;
      costs.push((this.#micros() - before - own) / CALLS_IN_BLOCK);
    }
    return costs.sort((a, b) => a - b)[Math.floor(BLOCKS / 2)] as number;
  }

  #micros(): number {
    return cpuMicrosOf(this.pid) ?? Number.NaN;
  }
}
