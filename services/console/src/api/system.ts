import { request } from './request';

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** What to do about it; there where something is wrong. */
  readonly mend?: string;
}

/** Plain facts by their names, which end in their units: `recordTtlMs`, `maxBytes`, `startedAt`. */
export type Facts = Readonly<Record<string, unknown>>;

/** How one partition stands. */
export interface PartitionFacts {
  readonly partition: number;
  readonly backlog: number;
  readonly lag: number | null;
  readonly pending: number;
  readonly retrying: number;
  readonly deadLetters: number;
  readonly oldestPendingAgeMs: number;
}

/** What runs, on what, and what is wrong with it. */
export interface SystemFacts {
  readonly versions: Facts;
  readonly startedAt: string;
  readonly durability: { readonly asked: string; readonly holds: boolean; readonly problems: readonly string[] };
  /** Null while it does not answer. */
  readonly redis: Facts | null;
  readonly settings: Facts;
  /** How many there are, and those with the most to do. */
  readonly partitions: { readonly count: number; readonly busiest: readonly PartitionFacts[] };
  readonly checks: readonly Check[];
}

export function readSystem(signal: AbortSignal): Promise<SystemFacts> {
  return request('GET', 'v1/system', { signal });
}
