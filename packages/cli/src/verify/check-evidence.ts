import type { RouteFigures } from './check-route.js';
import type { RouteAccount } from './event-account.js';
import { FAULT_KINDS, type History, type ModelAccount } from './history.js';
import { toolsOf } from './tested-route.js';
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
  const doubts = toolsOf(route).flatMap(({ cloud }) => {
    const witness = witnesses.find((one) => one.cloud === cloud);
    return witness === undefined ? [`${cloud} has no witness`] : witness.doubts;
  });
  return [
    judge(
      'route-exists',
      hasNoRoute
        ? `no route takes events of type ${route.type}${route.asksModel ? ' (--no-model leaves it out)' : ''}`
        : undefined,
      'unknown',
    ),
    judge('enough-events', enough('accepted events', load, required.minAccepted), 'unknown'),
    judge('faults-bit', mustBite ? enough('events hit by a fault', figures.bitten, 1) : undefined, 'unknown'),
    judge('witness-complete', doubts[0], 'unknown'),
    ...(route.asksModel ? [judge('model-complete', doubtOf(history.model), 'unknown')] : []),
    judge('canary-sent', enough('canaries accepted', canaries.length, required.minCanaries), 'unknown'),
    judgeIds(
      'canary-arrived',
      canaries.filter(({ leastEffects }) => leastEffects === 0).map(({ sent }) => sent.id),
    ),
  ];
}

/**
 * What concerns no single route: the system came to rest, our events were carried to no tool but those under test, and
 * every kind of fault really hit work in flight.
 */
export function checkRun({ routes, faults, required, unrest, witnesses }: History): readonly Finding[] {
  const isTested = (cloud: string, tool: string) =>
    routes.some((route) => toolsOf(route).some((one) => one.cloud === cloud && one.tool === tool));
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

function doubtOf(model: ModelAccount | undefined): string | undefined {
  return model === undefined ? 'nobody knows what the model was asked' : model.doubts[0];
}

function enough(what: string, found: number, needed: number): string | undefined {
  return found >= needed ? undefined : `${found} ${what}, of ${needed} that are needed`;
}
