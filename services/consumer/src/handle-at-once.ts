import { onlyRouteOf } from '@millrace/events';
import { matchAtOnce, type Route } from '@millrace/routing';
import type { Entry } from '@millrace/stream-client';
import type { Attempt } from './attempt.js';
import type { CallAhead } from './call-ahead.js';
import { checkFollowUps } from './check-follow-ups.js';
import type { Configuration } from './configuration/configuration.js';
import { deliver, type RoutedPlan } from './deliver.js';
import { conclude, type EntryHold, type Handling } from './handle-entry.js';
import type { Disposal } from './outcome.js';
import { findPause } from './pauses/find-pause.js';
import { toDelivering } from './to-delivering.js';

/** The one delivery of an entry, begun. */
export interface Begun {
  readonly routeId: string;
  /** A promise where the handler waits for something. */
  readonly disposal: Disposal | Promise<Disposal>;
}

/**
 * Begins what most entries ask for: one route, a handler or one tool call, nothing to find out before, and nothing known of
 * earlier. Most handlers come to their end with it, and no promise is made. Undefined, with nothing begun, where an entry
 * asks for more: `handleEntry` is for those. `ahead` is its call, where that was made ready before under the same configuration.
 */
export function beginAtOnce(
  entry: Entry,
  configuration: Configuration,
  handling: Handling,
  hold: EntryHold,
  ahead?: CallAhead,
): Begun | undefined {
  const plan = planAtOnce(entry, configuration, handling);
  if (plan === undefined) return undefined;
  const { route } = plan;
  const isReadOnly = route.idempotency.kind === 'safe';
  const delivering = { ...toDelivering(entry, plan, configuration, handling, hold, ahead), isReadOnly };
  const attempt = deliver(entry.event, plan, delivering, hold);
  const toDisposal = (made: Attempt) => conclude(checkFollowUps(made, configuration.schemas), plan, handling);
  if (!(attempt instanceof Promise)) return { routeId: route.id, disposal: toDisposal(attempt) };
  hold.noteRunning([{ route: route.id, attempt: 1 }]);
  return { routeId: route.id, disposal: attempt.then(toDisposal) };
}

/** The one delivery of an entry that `beginAtOnce` begins; undefined of any other. */
export function planAtOnce(entry: Entry, { routes }: Configuration, { pauses }: Handling): RoutedPlan | undefined {
  if (entry.retry !== undefined || entry.wasHeld || entry.event.attributes.expirytime !== undefined) return undefined;
  if (onlyRouteOf(entry.event) !== undefined) return undefined;
  const matched = matchAtOnce(routes, entry.event);
  const route = matched?.[0];
  if (route === undefined || matched?.length !== 1) return undefined;
  if (route.order !== undefined || !isSimple(route)) return undefined;
  if (findPause(pauses, route.id, route) !== undefined) return undefined;
  return { routeId: route.id, route, attempt: 1, redrivenAt: 0, unsent: 0, condition: 'holds', effects: [] };
}

/** Whether nothing has to be asked before: neither servers about a tool, nor Redis about what an agent remembers. */
function isSimple({ action, delivery, idempotency }: Route): boolean {
  if (action.kind !== 'call') return action.kind === 'handler';
  return action.target.equivalents === undefined && (delivery !== 'effectively-once' || idempotency.kind !== 'none');
}
