import type { Route } from '@millrace/routing';
import type { Pausable } from '@millrace/stream-client';
import { serversOf } from '../believe-hints.js';

/** What somebody has paused, as far as this process knows. */
export interface Pauses {
  hasRoute(id: string): boolean;
  hasServer(name: string): boolean;
}

/**
 * What keeps a delivery along this route from being begun: the route itself, or the server that it would call; of several
 * that do the same, all of them. A handler or an agent finds out about its servers when it calls them.
 */
export function findPause(pauses: Pauses, routeId: string, route: Route | undefined): Pausable | undefined {
  if (pauses.hasRoute(routeId)) return { kind: 'route', name: routeId };
  if (route?.action.kind !== 'call') return undefined;
  const { target } = route.action;
  const isPaused = serversOf(target).every((server) => pauses.hasServer(server));
  return isPaused ? { kind: 'server', name: target.server } : undefined;
}
