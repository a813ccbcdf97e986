import type { RouteFigures } from './check-route.js';
import type { RouteAccount } from './event-account.js';
import { FAULT_KINDS, type History } from './history.js';
import { type Finding, judge, judgeIds } from './verdict.js';

/**
 * Whether there was enough on a route to believe a good word: without these a system that does nothing at all, or a
 * fault that never struck, would pass. Missing evidence is `unknown`, never `true`.
 */
export function checkRouteEvidence(history: History, account: RouteAccount, figures: RouteFigures): readonly Finding[] {
  const { route, events } = account;
  const { required, witnesses } = history;
  const accepted = events.filter(({ sent }) => sent.acceptance === 'accepted');
  const load = accepted.filter(({ sent }) => !sent.isCanary).length;
  const canaries = accepted.filter(({ sent }) => sent.isCanary);
  const hasNoRoute = accepted.length > 0 && accepted.every(({ record }) => record?.deliveries.length === 0);
  const mustBite = ['kill', 'cut'].some((kind) => (required.minHits[kind as 'kill' | 'cut'] ?? 0) > 0);
  const witness = witnesses.find(({ cloud }) => cloud === route.cloud);
  return [
    judge('route-exists', hasNoRoute ? `no route takes events of type ${route.type}` : undefined, 'unknown'),
    judge('enough-events', enough('accepted events', load, required.minAccepted), 'unknown'),
    judge('faults-bit', mustBite ? enough('events hit by a fault', figures.bitten, 1) : undefined, 'unknown'),
    judge('witness-complete', witness === undefined ? `${route.cloud} has no witness` : witness.doubts[0], 'unknown'),
    judge('canary-sent', enough('canaries accepted', canaries.length, required.minCanaries), 'unknown'),
    judgeIds(
      'canary-arrived',
      canaries.filter(({ effects }) => effects === 0).map(({ sent }) => sent.id),
    ),
  ];
}

/**
 * What concerns no single route: the system came to rest, our events were carried to no tool but those under test, and
 * every kind of fault really hit work in flight.
 */
export function checkRun({ routes, faults, required, unrest, witnesses }: History): readonly Finding[] {
  const isTested = (cloud: string, tool: string) =>
    routes.some((route) => route.cloud === cloud && route.tool === tool);
  const strays = witnesses.flatMap(({ cloud, tallies }) =>
    tallies.filter(({ tool }) => !isTested(cloud, tool)).map(({ eventId }) => eventId),
  );
  const hits = FAULT_KINDS.flatMap((kind) => {
    const needed = required.minHits[kind];
    if (needed === undefined) return [];
    const found = faults.find((one) => one.kind === kind)?.hits ?? 0;
    return [judge(`${kind}-hit`, enough(`hits by ${kind}`, found, needed), 'unknown')];
  });
  return [judge('at-rest', unrest, false), judgeIds('no-stray-call', strays), ...hits];
}

function enough(what: string, found: number, needed: number): string | undefined {
  return found >= needed ? undefined : `${found} ${what}, of ${needed} that are needed`;
}
