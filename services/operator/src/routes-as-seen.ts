import type { RouteCounts, RoutesSeen } from '@millrace/stream-client';

/** What became of the deliveries of a route within the last minute, all consumers together. */
export interface RouteFigures extends RouteCounts {
  /** Attempts that came to an end, a second: all that is counted but what waits. */
  readonly perSecond: number;
}

/** The figures of any route that something was settled along; undefined where no consumer reports. */
export function routeFigures(reports: readonly RoutesSeen[]): ((route: string) => RouteFigures) | undefined {
  if (reports.length === 0) return undefined;
  const byRoute = new Map<string, RouteFigures>();
  for (const { coveredMs, routes } of reports)
    for (const { route, ...counts } of routes)
      byRoute.set(route, addFigures(byRoute.get(route) ?? NOTHING, counts, coveredMs));
  return (route) => {
    const figures = byRoute.get(route) ?? NOTHING;
    return { ...figures, perSecond: Math.round(figures.perSecond * 100) / 100 };
  };
}

const NOTHING: RouteFigures = { done: 0, retried: 0, waiting: 0, parked: 0, dead: 0, expired: 0, perSecond: 0 };

function addFigures(before: RouteFigures, counts: RouteCounts, coveredMs: number): RouteFigures {
  const { done, retried, waiting, parked, dead, expired } = counts;
  const attempts = done + retried + parked + dead + expired;
  return {
    done: before.done + done,
    retried: before.retried + retried,
    waiting: before.waiting + waiting,
    parked: before.parked + parked,
    dead: before.dead + dead,
    expired: before.expired + expired,
    perSecond: before.perSecond + (attempts * 1_000) / coveredMs,
  };
}
