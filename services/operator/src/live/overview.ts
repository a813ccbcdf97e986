import { Repetition } from '@millrace/core';
import type { Logger } from '@millrace/runtime';
import { type Partitions, readServers, readSettleTimes, type StreamSample } from '@millrace/stream-client';
import { ofEach } from '../partitions/in-turn.js';
import type { Samples } from '../partitions/samples.js';
import { CONSUMER_ALIVE_MS } from '../sampler.js';
import { serversAsSeen } from '../servers-as-seen.js';
import type { Changes } from './changes.js';
import { LatencyWindow } from './latency-window.js';
import { INTERVAL_MS, Series } from './series.js';

/** How often the work is counted, in ms. */
const COUNT_EVERY_MS = 1_000;
/** A count that is older than this, in ms, is not shown. */
const MAX_AGE_MS = 5 * COUNT_EVERY_MS;
/** Rates are over this many counts. */
const COUNTS_PER_RATE = 5;
/** Events a second whose time to settle is looked up. */
const MAX_TIMED = 20;

/** How things stand. */
export type OverviewNow = ReturnType<Overview['describe']>;

interface OverviewParts {
  readonly partitions: Partitions;
  readonly samples: Samples;
  readonly changes: Changes;
  readonly logger: Logger;
}

interface Counted {
  readonly atMs: number;
  readonly work: StreamSample;
}

/**
 * Knows how things stand: counts the work every second, from `start` on, and keeps the course of the last fifteen
 * minutes. Costs Redis a handful of small commands a second for each partition, of 64 at most, however many people look.
 */
export class Overview {
  readonly series = new Series();
  readonly #partitions: Partitions;
  readonly #samples: Samples;
  readonly #changes: Changes;
  readonly #logger: Logger;
  readonly #latencies = new LatencyWindow();
  readonly #counting = new Repetition(() => this.countOnce(), COUNT_EVERY_MS);
  readonly #listeners = new Set<(now: OverviewNow) => void>();
  #unlisten: () => void = () => undefined;
  #toTime: string[] = [];
  #counts: Counted[] = [];
  #pointAt: Counted | undefined;
  #latest: { readonly atMs: number; readonly now: OverviewNow } | undefined;

  constructor({ partitions, samples, changes, logger }: OverviewParts) {
    this.#partitions = partitions;
    this.#samples = samples;
    this.#changes = changes;
    this.#logger = logger;
  }

  /** How things stand; undefined when nobody could count for too long. */
  get now(): OverviewNow | undefined {
    const latest = this.#latest;
    return latest !== undefined && performance.now() - latest.atMs <= MAX_AGE_MS ? latest.now : undefined;
  }

  /** Calls back with every count. Returns the function that ends it. */
  listen(onCount: (now: OverviewNow) => void): () => void {
    this.#listeners.add(onCount);
    return () => this.#listeners.delete(onCount);
  }

  start(): void {
    this.#unlisten = this.#changes.listen((refs) => {
      this.#toTime.push(...refs.slice(0, MAX_TIMED - this.#toTime.length));
    });
    this.#counting.start();
  }

  /** Resolves when the count under way, if any, has come to its end. */
  async stop(): Promise<void> {
    this.#unlisten();
    await this.#counting.stop();
  }

  /** Counts once. Never throws: while Redis is away there is nothing to show. */
  async countOnce(): Promise<void> {
    const refs = this.#toTime.splice(0);
    try {
      const work = await this.#samples.look();
      const names = work.consumers.map(({ name }) => name);
      const [servers, times] = await Promise.all([readServers(this.#partitions.home, names), this.#timesOf(refs)]);
      const atMs = performance.now();
      this.#latencies.add(times, atMs);
      this.#counts = [...this.#counts, { atMs, work }].slice(-COUNTS_PER_RATE - 1);
      const alive = work.consumers.filter(({ idleMs }) => idleMs <= CONSUMER_ALIVE_MS).length;
      const now = this.describe(work, alive, Object.fromEntries(serversAsSeen(servers).map(toEntry)));
      this.#latest = { atMs, now };
      this.#addPoint({ atMs, work });
      for (const listener of this.#listeners) listener(now);
    } catch (error) {
      this.#logger.debug({ err: error }, 'the work cannot be counted');
    }
  }

  async #timesOf(refs: readonly string[]): Promise<number[]> {
    const partitions = this.#partitions;
    const byStream = [...Map.groupBy(refs, (ref) => partitions.ofRef(ref) ?? partitions.home)];
    return (await ofEach(byStream, ([stream, own]) => readSettleTimes(stream, own))).flat();
  }

  /** The figures as people get them. */
  describe(work: StreamSample, consumers: number, servers: Readonly<Record<string, ReturnType<typeof toEntry>[1]>>) {
    const first = this.#counts[0];
    const last = this.#counts.at(-1);
    const { home } = this.#partitions;
    const problems = home.problems();
    return {
      ...ratesBetween(first, last),
      backlog: work.backlog,
      lag: work.lag ?? null,
      pending: work.pending,
      retrying: work.retrying,
      parked: work.parked,
      deadLetters: work.deadLetters,
      settleP50Ms: this.#latencies.quantile(0.5),
      settleP99Ms: this.#latencies.quantile(0.99),
      consumers,
      servers,
      promises: { durability: home.settings.durability, holds: problems.length === 0, problems },
      /** What is accepted and neither finished nor found anywhere: 0 when nothing is lost. */
      conservation: work.unaccounted ?? null,
    };
  }

  #addPoint(counted: Counted): void {
    const before = this.#pointAt;
    if (before !== undefined && counted.atMs - before.atMs < INTERVAL_MS - COUNT_EVERY_MS / 2) return;
    this.#pointAt = counted;
    const { acceptedPerSecond, settledPerSecond } = ratesBetween(before, counted);
    const { backlog, deadLetters } = counted.work;
    const at = new Date();
    this.series.add({ at, accepted: acceptedPerSecond, settled: settledPerSecond, backlog, dead: deadLetters });
  }
}

/**
 * What came in and what left the backlog, a second. Nobody counts what is settled in one place; but what came in and is
 * not in the backlog any more is.
 */
function ratesBetween(before: Counted | undefined, after: Counted | undefined) {
  const seconds = before === undefined || after === undefined ? 0 : (after.atMs - before.atMs) / 1_000;
  if (before === undefined || after === undefined || seconds <= 0) return { acceptedPerSecond: 0, settledPerSecond: 0 };
  const accepted = after.work.accepted - before.work.accepted;
  const left = accepted - (after.work.backlog - before.work.backlog);
  return { acceptedPerSecond: rate(accepted, seconds), settledPerSecond: rate(left, seconds) };
}

function rate(count: number, seconds: number): number {
  return Math.round((Math.max(0, count) / seconds) * 10) / 10;
}

function toEntry({ name, breaker, calls, lastMinute }: ReturnType<typeof serversAsSeen>[number]) {
  const { p95Ms, failedShare } = lastMinute;
  return [name, { breaker, calls, p95Ms, failedShare }] as const;
}
