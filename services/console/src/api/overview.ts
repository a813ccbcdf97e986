import { request } from './request';

/** How things stand. Null where nobody can tell. */
export interface Now {
  readonly acceptedPerSecond: number;
  readonly settledPerSecond: number;
  readonly backlog: number;
  readonly lag: number | null;
  readonly pending: number;
  readonly retrying: number;
  readonly parked: number;
  readonly deadLetters: number;
  readonly settleP50Ms: number | null;
  readonly settleP99Ms: number | null;
  readonly consumers: number;
  readonly servers: Readonly<
    Record<string, { readonly breaker: string; readonly calls: number; readonly p95Ms: number | null }>
  >;
  readonly promises: { readonly durability: string; readonly holds: boolean; readonly problems: readonly string[] };
  /** What was accepted and is neither finished nor found anywhere. */
  readonly conservation: number | null;
}

/** How things went: lists of equal length, one value for each interval, rates a second. */
export interface Series {
  readonly intervalMs: number;
  readonly at: readonly string[];
  readonly accepted: readonly number[];
  readonly settled: readonly number[];
  readonly backlog: readonly number[];
  readonly dead: readonly number[];
}

export interface Overview {
  readonly now: Now;
  readonly series: Series;
}

export function readOverview(signal: AbortSignal): Promise<Overview> {
  return request('GET', 'v1/overview', { signal });
}
