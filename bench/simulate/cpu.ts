import type { EventLoop, VirtualTime } from './virtual-time.ts';

/** Work of a process: so many µs, and what comes of it. */
interface Work {
  readonly micros: number;
  readonly then: () => void;
}

/**
 * The one thread of a process, in the turns of Node's event loop: what has arrived when a turn begins is done one after the
 * other, what it asks for as immediates comes after all of it, and what arrives meanwhile belongs to the next turn.
 */
export class Cpu implements EventLoop {
  readonly #time: VirtualTime;
  #arrived: Work[] = [];
  /** What is left of the turn that is under way, the next thing first. */
  #turn: Work[] = [];
  /** What the thing that is done just now has led to, in the same turn. */
  #following: Work[] = [];
  #immediates: (() => void)[] = [];
  #isInTurn = false;
  #busyMs = 0;
  #isAlive = true;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** Time it has been at work, in ms. */
  get busyMs(): number {
    return this.#busyMs;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Spends so many µs, once its turn comes; then goes on. Never, if the process is killed before. */
  spend(micros: number, then: () => void): void {
    const work = { micros, then };
    if (this.#time.acting === this) this.#following.push(work);
    else this.#arrived.push(work);
    this.#begin();
  }

  atEndOfTurn(run: () => void): void {
    this.#immediates.push(run);
  }

  kill(): void {
    this.#isAlive = false;
  }

  #begin(): void {
    if (this.#isInTurn || !this.#isAlive) return;
    this.#isInTurn = true;
    // All that arrives at this moment is there when the turn begins.
    this.#time.after(0, () => {
      this.#turn = this.#arrived;
      this.#arrived = [];
      this.#goOn();
    });
  }

  #goOn(): void {
    this.#turn = [...this.#following, ...this.#turn];
    this.#following = [];
    const next = this.#turn.shift();
    if (next === undefined) {
      this.#end();
      return;
    }
    this.#busyMs += next.micros / 1_000;
    this.#time.after(next.micros / 1_000, () => {
      if (!this.#isAlive) return;
      // What follows from it is asked for before anything else happens at this moment.
      this.#time.after(0, () => this.#goOn());
      this.#time.act(this, next.then);
    });
  }

  #end(): void {
    const immediates = this.#immediates;
    this.#immediates = [];
    this.#time.after(0, () => {
      this.#isInTurn = false;
      if (this.#following.length + this.#arrived.length + this.#immediates.length === 0) return;
      this.#arrived = [...this.#following, ...this.#arrived];
      this.#following = [];
      this.#begin();
    });
    this.#time.act(this, () => {
      for (const run of immediates) run();
    });
  }
}
