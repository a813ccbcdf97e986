import { Repetition } from '@millrace/core';
import type { Metrics } from '@millrace/runtime';
import type { ServerSample } from '@millrace/stream-client';
import type { RedisNode } from './partitions/redis-nodes.js';

/** How often Redis is asked how it is, in ms. */
const SAMPLE_EVERY_MS = 5_000;

/**
 * Keeps the gauges about Redis itself up to date, from this one process: from `start` on, a look every five seconds at each
 * Redis that has a partition. While one does not answer, its `millrace_redis_up` is 0 and its others are absent.
 */
export class ServerSampler {
  readonly #looks = new Repetition(() => this.sampleOnce(), SAMPLE_EVERY_MS);

  /** `takeSample` has to settle within a bounded time: `stop` waits for it. */
  constructor(
    private readonly listNodes: () => readonly RedisNode[],
    private readonly takeSample: (node: RedisNode) => Promise<ServerSample>,
    private readonly metrics: Metrics,
  ) {}

  start(): void {
    this.#looks.start();
  }

  stop(): Promise<void> {
    return this.#looks.stop();
  }

  /** Takes one look and shows it. Never throws: that Redis is away is logged by those who need it. */
  async sampleOnce(): Promise<void> {
    const nodes = this.listNodes();
    const samples = await Promise.all(nodes.map((node) => this.takeSample(node).catch(() => undefined)));
    this.#forget();
    for (const [at, { name }] of nodes.entries()) this.#show({ node: name }, samples[at]);
  }

  /** A node that has no partition any more is no longer told of. */
  #forget(): void {
    this.metrics.redisUp.reset();
    for (const [gauge] of this.#gauges()) gauge.reset();
  }

  #show(node: { readonly node: string }, sample: ServerSample | undefined): void {
    this.metrics.redisUp.set(node, sample === undefined ? 0 : 1);
    if (sample !== undefined) for (const [gauge, value] of this.#gauges()) gauge.set(node, value(sample));
  }

  #gauges() {
    const { metrics } = this;
    return [
      [metrics.redisMemoryUsed, ({ usedBytes }: ServerSample) => usedBytes],
      [metrics.redisMemoryMax, ({ maxBytes }: ServerSample) => maxBytes],
      [metrics.redisAofWritten, ({ isAofWritten }: ServerSample) => Number(isAofWritten)],
      [metrics.redisDelayedFsyncs, ({ delayedFsyncs }: ServerSample) => delayedFsyncs],
      [metrics.redisEvictedKeys, ({ evictedKeys }: ServerSample) => evictedKeys],
      [metrics.redisClients, ({ clients }: ServerSample) => clients],
      [metrics.redisCommands, ({ commandsPerSecond }: ServerSample) => commandsPerSecond],
      [metrics.redisReplicas, ({ connectedReplicas }: ServerSample) => connectedReplicas],
    ] as const;
  }
}
