import { colour } from '../terminal.js';

/** Calls that ended within the last minute; null where there was none. */
export interface FiguresView {
  readonly calls: number;
  readonly failedShare: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

/** A server as the operator shows it. One of an earlier release has no figures. */
export interface ServerView {
  readonly name: string;
  readonly breaker: string;
  readonly calls: number;
  readonly lastMinute?: FiguresView;
  readonly tools?: readonly (FiguresView & { readonly tool: string })[];
  readonly paused?: { readonly at: string };
  readonly consumers: readonly { readonly breaker: string }[];
}

/** The heads of `figureCells`. */
export const FIGURE_HEADS = ['CALLS/MIN', 'P50', 'P95', 'P99', 'FAILED'];

/** How the calls of the last minute went, a cell a figure. */
export function figureCells(figures: FiguresView | undefined): readonly string[] {
  const { calls, failedShare = null, p50Ms = null, p95Ms = null, p99Ms = null } = figures ?? {};
  const share = failedShare === null ? '-' : `${Math.round(failedShare * 1_000) / 10} %`;
  return [
    calls === undefined ? '-' : String(calls),
    ...[p50Ms, p95Ms, p99Ms].map((ms) => (ms === null ? '-' : durationOf(ms))),
    failedShare === null || failedShare === 0 ? share : colour('red', share),
  ];
}

/** The slowest first, by what all but one in twenty of the calls took; what was not called last. */
export function bySlowness(one: FiguresView | undefined, other: FiguresView | undefined): number {
  return (other?.p95Ms ?? -1) - (one?.p95Ms ?? -1);
}

/** A duration as people read it: `4.2 ms`, `840 ms`, `2.4 s`. */
export function durationOf(ms: number): string {
  if (ms >= 1_000) return `${Math.round(ms / 100) / 10} s`;
  return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
}

/** The state of its breaker, and at how many consumers it is not closed. */
export function breakerOf({ breaker, consumers }: ServerView): string {
  const openAt = consumers.filter((one) => one.breaker !== 'closed').length;
  return openAt === 0 ? breaker : `${breaker} at ${openAt} of ${consumers.length}`;
}
