import { Repetition } from '@millrace/core';
import type { Logger, Metrics } from '@millrace/runtime';
import type { StreamSample } from '@millrace/stream-client';

/** How often the whole is looked at, in ms. */
const SAMPLE_EVERY_MS = 5_000;
/** Without a sample for this long, in ms, nothing is known about the whole any more. */
const MAX_SAMPLE_AGE_MS = 3 * SAMPLE_EVERY_MS;
/** A consumer that has read within this time, in ms, counts as one. */
export const CONSUMER_ALIVE_MS = 60_000;

/** What stands for a partition where the figures are those of all. */
export const ALL_PARTITIONS = 'all';

/**
 * Keeps the gauges of the whole up to date: from `start` on, a sample every five seconds. While samples fail the gauges
 * are absent: a figure that nobody vouches for any more would silence the alert that it should raise.
 */
export class Sampler {
  readonly #takeSample: () => Promise<StreamSample>;
  readonly #metrics: Metrics;
  readonly #logger: Logger;
  readonly #random: () => number;
  readonly #partition: () => string;
  #labels: { readonly partition: string };
  // Jittered, so that operators which were started together do not look in step.
  readonly #looks = new Repetition(
    () => this.sampleOnce(),
    () => SAMPLE_EVERY_MS * (0.8 + 0.4 * this.#random()),
  );
  #sampledAt = performance.now();
  #isFailing = false;

  /** `takeSample` has to settle within a bounded time: `stop` waits for it. `partition` says whose figures they are; that may change. */
  constructor(
    takeSample: () => Promise<StreamSample>,
    metrics: Metrics,
    logger: Logger,
    random: () => number,
    partition: () => string = () => '0',
  ) {
    this.#partition = partition;
    this.#labels = { partition: partition() };
    this.#takeSample = takeSample;
    this.#metrics = metrics;
    this.#logger = logger;
    this.#random = random;
  }

  /** Whether the last sample, or the making of this sampler, is too long ago. */
  get isStale(): boolean {
    return performance.now() - this.#sampledAt > MAX_SAMPLE_AGE_MS;
  }

  start(): void {
    this.#looks.start();
  }

  /** Resolves when the sample under way, if any, has come to its end. */
  stop(): Promise<void> {
    return this.#looks.stop();
  }

  /** Takes one sample and shows it. Never throws: a failure is logged when it begins and when it ends. */
  async sampleOnce(): Promise<void> {
    let sample: StreamSample;
    try {
      sample = await this.#takeSample();
    } catch (error) {
      if (!this.#isFailing) this.#logger.warn({ err: error }, 'the stream cannot be sampled; its gauges are absent');
      this.#isFailing = true;
      for (const gauge of this.#gauges()) gauge.reset();
      return;
    }
    if (this.#isFailing) this.#logger.info('the stream can be sampled again');
    this.#isFailing = false;
    this.#sampledAt = performance.now();
    const partition = this.#partition();
    // What stood for one partition says nothing about several.
    if (partition !== this.#labels.partition) for (const gauge of this.#gauges()) gauge.reset();
    this.#labels = { partition };
    this.#show(sample);
  }

  #show(sample: StreamSample): void {
    const metrics = this.#metrics;
    const labels = this.#labels;
    metrics.streamLength.set(labels, sample.length);
    metrics.backlog.set(labels, sample.backlog);
    metrics.pending.set(labels, sample.pending);
    if (sample.lag === undefined) metrics.lag.reset();
    else metrics.lag.set(labels, sample.lag);
    metrics.oldestPendingAge.set(labels, sample.oldestPendingAgeMs / 1_000);
    metrics.retrying.set(labels, sample.retrying);
    metrics.parked.set(labels, sample.parked);
    metrics.queued.set(labels, sample.queued);
    metrics.departing.set(labels, sample.departing);
    metrics.oldestDepartingAge.set(labels, sample.oldestDepartingAgeMs / 1_000);
    metrics.readyWork.set(labels, sample.ready);
    if (sample.unaccounted === undefined) metrics.unaccounted.reset();
    else metrics.unaccounted.set(labels, sample.unaccounted);
    metrics.trimmedUnread.set(labels, sample.trimmedUnread);
    metrics.deadLetters.set(labels, sample.deadLetters);
    metrics.consumers.set(labels, sample.consumers.filter(({ idleMs }) => idleMs <= CONSUMER_ALIVE_MS).length);
  }

  #gauges() {
    const metrics = this.#metrics;
    return [
      metrics.streamLength,
      metrics.backlog,
      metrics.pending,
      metrics.lag,
      metrics.oldestPendingAge,
      metrics.retrying,
      metrics.parked,
      metrics.queued,
      metrics.departing,
      metrics.oldestDepartingAge,
      metrics.readyWork,
      metrics.unaccounted,
      metrics.trimmedUnread,
      metrics.deadLetters,
      metrics.consumers,
    ];
  }
}
