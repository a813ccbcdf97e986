import { sleep } from '@millrace/core';
import type { Metrics } from '@millrace/runtime';
import type { ServerSample } from '@millrace/stream-client';

/** How often Redis is asked how it is, in ms. */
const SAMPLE_EVERY_MS = 5_000;

const NODE = { node: 'primary' };

/**
 * Keeps the gauges about Redis itself up to date, from this one process: from `start` on, a look every five seconds. While
 * Redis does not answer, `millrace_redis_up` is 0 and the others are absent.
 */
export class ServerSampler {
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /** `takeSample` has to settle within a bounded time: `stop` waits for it. */
  constructor(
    private readonly takeSample: () => Promise<ServerSample>,
    private readonly metrics: Metrics,
  ) {}

  start(): void {
    this.#running = this.#repeat();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.sampleOnce();
      await sleep(SAMPLE_EVERY_MS, signal);
    }
  }

  /** Takes one look and shows it. Never throws: that Redis is away is logged by those who need it. */
  async sampleOnce(): Promise<void> {
    const { metrics } = this;
    const sample = await this.takeSample().catch(() => undefined);
    metrics.redisUp.set(NODE, sample === undefined ? 0 : 1);
    const shown = [
      [metrics.redisMemoryUsed, sample?.usedBytes],
      [metrics.redisMemoryMax, sample?.maxBytes],
      [metrics.redisAofWritten, sample && Number(sample.isAofWritten)],
      [metrics.redisDelayedFsyncs, sample?.delayedFsyncs],
      [metrics.redisEvictedKeys, sample?.evictedKeys],
      [metrics.redisClients, sample?.clients],
      [metrics.redisCommands, sample?.commandsPerSecond],
      [metrics.redisReplicas, sample?.connectedReplicas],
    ] as const;
    for (const [gauge, value] of shown) {
      if (value === undefined) gauge.reset();
      else gauge.set(NODE, value);
    }
  }
}
