import { onlyRouteOf } from '@millrace/events';
import { matchAtOnce, type Route } from '@millrace/routing';
import type { Entry } from '@millrace/stream-client';
import type { Attempt } from './attempt.js';
import { checkFollowUps } from './check-follow-ups.js';
import type { Configuration } from './configuration/configuration.js';
import { deliver, type RoutedPlan } from './deliver.js';
import { conclude, type EntryHold, type Handling, toDelivering } from './handle-entry.js';
import type { Disposal } from './outcome.js';
import { findPause } from './pauses/find-pause.js';

/** The one delivery of an entry, begun. */
export interface Begun {
  readonly routeId: string;
  /** A promise where the handler waits for something. */
  readonly disposal: Disposal | Promise<Disposal>;
}

/**
 * Begins what most entries ask for: one route, a handler or one tool call, nothing to find out before, and nothing known of
 * earlier. Most handlers come to their end with it, and no promise is made. Undefined, with nothing begun, where an entry
 * asks for more: `handleEntry` is for those.
 */
export function beginAtOnce(
  entry: Entry,
  configuration: Configuration,
  handling: Handling,
  hold: EntryHold,
): Begun | undefined {
  if (entry.retry !== undefined || entry.wasHeld || entry.event.attributes.expirytime !== undefined) return undefined;
  if (onlyRouteOf(entry.event) !== undefined) return undefined;
  const routes = matchAtOnce(configuration.routes, entry.event);
  const route = routes?.[0];
  if (route === undefined || routes?.length !== 1) return undefined;
  if (route.order !== undefined || !isSimple(route)) return undefined;
  if (findPause(handling.pauses, route.id, route) !== undefined) return undefined;

  const plan: RoutedPlan = {
    routeId: route.id,
    route,
    attempt: 1,
    redrivenAt: 0,
    unsent: 0,
    condition: 'holds',
    effects: [],
  };
  const isReadOnly = route.idempotency.kind === 'safe';
  const delivering = { ...toDelivering(entry, plan, configuration, handling, hold), isReadOnly };
  const attempt = deliver(entry.event, plan, delivering, hold);
  const toDisposal = (made: Attempt) => conclude(checkFollowUps(made, configuration.schemas), plan, handling);
  if (!(attempt instanceof Promise)) return { routeId: route.id, disposal: toDisposal(attempt) };
  hold.noteRunning([{ route: route.id, attempt: 1 }]);
  return { routeId: route.id, disposal: attempt.then(toDisposal) };
}

/** Whether nothing has to be asked before: neither servers about a tool, nor Redis about what an agent remembers. */
function isSimple({ action, delivery, idempotency }: Route): boolean {
  if (action.kind !== 'call') return action.kind === 'handler';
  return action.target.equivalents === undefined && (delivery !== 'effectively-once' || idempotency.kind !== 'none');
}
