import { sleep } from '@millrace/core';
import type { ServiceProcess } from '../system/service-process.ts';
import type { System } from '../system/system.ts';
import { INSPECTABLE } from './inspector.ts';

const LOOK_MS = 200;
/** A consumer that does not answer for so long, in ms, is killed: what a container's health check does. */
const PATIENCE_MS = 12_000;

/**
 * Keeps so many consumers running: starts another one in place of each that ends, and kills those that answer no probe.
 * It does what any supervisor does, and knows nothing of why they end.
 */
export class Supervisor {
  readonly #system: System;
  readonly #count: number;
  readonly #stopping = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  constructor(system: System, count: number) {
    this.#system = system;
    this.#count = count;
  }

  start(): void {
    this.#watching = this.#watch();
    this.#watching.catch(ignore);
  }

  /** Resolves when it does nothing any more; rejects with what went wrong meanwhile. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    const lastAnswerAt = new Map<ServiceProcess, number>();
    while (!signal.aborted) {
      for (const process of this.#system.runningConsumers) {
        const now = performance.now();
        if (!lastAnswerAt.has(process) || (await answers(process))) lastAnswerAt.set(process, now);
        if (now - (lastAnswerAt.get(process) ?? now) > PATIENCE_MS) await process.kill();
      }
      const missing = this.#count - this.#system.runningConsumers.length;
      await Promise.all(Array.from({ length: missing }, () => this.#system.startConsumer({}, NODE_ARGS)));
      await sleep(LOOK_MS, signal);
    }
  }
}

/** A heap that fills in a moment, for a poison that fills it. */
export const NODE_ARGS = [...INSPECTABLE, '--max-old-space-size=128'] as const;

async function answers({ url }: ServiceProcess): Promise<boolean> {
  try {
    return (await fetch(`${url}/livez`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    // Whatever kept it from answering: it did not.
    return false;
  }
}

/** Told by `stop`. */
function ignore(): void {}
