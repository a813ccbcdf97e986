import type { Level } from '../processes/redis-level.ts';

/** What one measurement found, by figure: `events/s`, `p99 ms`, `bytes/event`. */
export type Figures = Readonly<Record<string, number>>;

/** A contender that is ready to be measured, as often as asked. */
export interface Runner {
  measure(): Promise<Figures>;
  stop(): Promise<void>;
}

/** Us, or one of those that we are measured against. */
export interface Contender {
  readonly name: string;
  /** Starts whatever it needs; the suite stops it, also when another contender fails to start. */
  start(): Promise<Runner>;
}

/** What has to hold: a figure of one contender, as a multiple of another's or by itself. */
export interface Bar {
  readonly contender: string;
  readonly figure: string;
  /** Whose figure is 1. Without it the bar is about the figure itself. */
  readonly against?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Rounds in which a figure of the contender was above this are not judged: there the bar says nothing about the contender. */
  readonly unless?: { readonly figure: string; readonly above: number };
}

/** Contenders that are measured in turns within one run, so that whatever the machine does meanwhile strikes all alike. */
export interface Comparison {
  /** `P1`, or `P1 fsync` where the levels of durability differ. */
  readonly id: string;
  readonly title: string;
  /** What was scaled down, or what a reader has to know. */
  readonly note?: string;
  readonly contenders: readonly Contender[];
  readonly bars: readonly Bar[];
  /** Measurements of each contender that are thrown away. Default 1. */
  readonly warmUps?: number;
  /** Overrides the number of rounds of the run: some measurements are long, or cannot be repeated. */
  readonly rounds?: number;
}

/** How much is measured: everything, or enough to notice that something broke. */
export interface Scope {
  readonly quick: boolean;
  /** Levels of durability, where they differ. */
  readonly levels: readonly Level[];
  readonly rounds: number;
  /** How long load is put on a contender in one measurement, in ms. */
  readonly loadMs: number;
}
