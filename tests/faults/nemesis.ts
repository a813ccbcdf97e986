import { pick, type Random } from '@millrace/cli';
import { sleep } from '@millrace/core';
import { waitUntil } from '@millrace/testing';
import type { ServiceProcess } from '../system/service-process.ts';
import type { System } from '../system/system.ts';

/** Bounds a hang on a loaded machine; nothing is judged by it. */
const LIMIT_MS = 60_000;

/** A consumer caught with work in its hands. It is frozen, so what it holds is what it holds. */
export interface Caught {
  readonly process: ServiceProcess;
  /** Entries that it holds. */
  readonly held: number;
}

/** Does things to processes, and sees to it that they hit. */
export class Nemesis {
  readonly #system: System;
  readonly #random: Random;
  readonly #signal: AbortSignal;

  constructor(system: System, random: Random, signal: AbortSignal) {
    this.#system = system;
    this.#random = random;
    this.#signal = signal;
  }

  /** Freezes consumers one after the other until one holds at least `minHeld` entries, and leaves that one frozen. */
  async catchHolding(minHeld = 1, among?: readonly ServiceProcess[]): Promise<Caught> {
    const giveUpAt = performance.now() + LIMIT_MS;
    while (performance.now() < giveUpAt) {
      this.#signal.throwIfAborted();
      const process = pick(this.#random, among ?? this.#system.runningConsumers);
      if (process?.isRunning) {
        process.freeze();
        const held = await this.#system.heldBy(process.pid);
        if (held >= minHeld) return { process, held };
        process.thaw();
      }
      await sleep(10 + 50 * this.#random(), this.#signal);
    }
    throw new Error(`no consumer held ${minHeld} entries within ${LIMIT_MS} ms`);
  }

  /** SIGKILL to a consumer that holds work. */
  async killHolding(minHeld = 1): Promise<Caught> {
    const caught = await this.catchHolding(minHeld);
    await caught.process.kill();
    return caught;
  }

  /** Resolves once nothing is held any more in the name of a process, with the ms that it took: others have started it. */
  async untilTakenOver({ pid }: ServiceProcess): Promise<number> {
    const from = performance.now();
    const isTaken = async () => {
      this.#signal.throwIfAborted();
      return (await this.#system.heldBy(pid)) === 0;
    };
    await waitUntil(isTaken, `what process ${pid} held is taken over`, LIMIT_MS);
    return performance.now() - from;
  }
}
