import type { RedisCosts } from './redis/costs.ts';

/** What a consumer's one thread spends, in µs. */
export interface ConsumerCosts {
  /** A command and its reply, whatever is in it. */
  readonly reply: number;
  /** Being told that there is something to read, however often in one turn of a node. */
  readonly wake: number;
  /** An entry that was read, until its call is on its way. */
  readonly entry: number;
  /** An answer of a tool, until its outcome is on its way to Redis. */
  readonly answer: number;
}

/** Costs of the machine that is simulated. */
export interface Costs {
  readonly redis: RedisCosts;
  readonly consumer: ConsumerCosts;
}

/** Everything that decides about a run. Durations in ms. */
export interface Scenario {
  readonly seed: number;
  readonly eventsPerSecond: number;
  /** How long events come. Afterwards, what is left is worked off. */
  readonly durationMs: number;
  readonly producers: number;
  readonly partitions: number;
  /** Redis nodes that partitions are spread over. */
  readonly nodes: number;
  /** Whether partitions are dealt out to nodes one by one, and not by their slots. */
  readonly isSpread: boolean;
  readonly consumers: number;
  /** Entries that a consumer handles at once. */
  readonly concurrency: number;
  readonly toolMs: number;
  /** One way between any two processes. */
  readonly networkMs: number;
  /** Share of calls that fail in a way that is worth a retry. */
  readonly failures: number;
  /** Different values of `partitionkey`. */
  readonly keys: number;
  /** Whether events of a key go out one after the other. */
  readonly isOrdered: boolean;
  /** Consumers that die without a word, and when. */
  readonly killed: number;
  readonly killAtMs: number;
  readonly claimIdleMs: number;
  readonly heartbeatMs: number;
  readonly sweepMs: number;
  readonly blockMs: number;
  /** Whether Redis syncs every write to its disk. */
  readonly isSynced: boolean;
  readonly dataBytes: number;
  /** Whether somebody listens to what becomes of events. */
  readonly isWatched: boolean;
  /** How long what is left may take, after the last event. */
  readonly drainMs: number;
}

/** What is not said. Times are those that a consumer has by itself. */
export const DEFAULT_SCENARIO: Scenario = {
  seed: 1,
  eventsPerSecond: 1_000,
  durationMs: 10_000,
  producers: 1,
  partitions: 1,
  nodes: 1,
  isSpread: false,
  consumers: 2,
  concurrency: 64,
  toolMs: 50,
  networkMs: 0.1,
  failures: 0,
  keys: 10_000,
  isOrdered: false,
  killed: 0,
  killAtMs: 3_000,
  claimIdleMs: 30_000,
  heartbeatMs: 5_000,
  sweepMs: 5_000,
  blockMs: 2_000,
  isSynced: true,
  dataBytes: 300,
  isWatched: false,
  drainMs: 120_000,
};
