import type { VirtualTime } from './virtual-time.ts';

/** The one thread of a process: what it has to do is done one after the other, and takes its time. */
export class Cpu {
  #freeAt = 0;
  #busyMs = 0;
  readonly #time: VirtualTime;
  #isAlive = true;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** Time it has been at work, in ms. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /** Spends so many µs, once what was asked for before is done; then goes on. Never, if the process is killed meanwhile. */
  spend(micros: number, then: () => void): void {
    const begins = Math.max(this.#time.nowMs, this.#freeAt);
    this.#freeAt = begins + micros / 1_000;
    this.#busyMs += micros / 1_000;
    this.#time.after(this.#freeAt - this.#time.nowMs, () => {
      if (this.#isAlive) then();
    });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  kill(): void {
    this.#isAlive = false;
  }
}
