import type { Event } from '@millrace/events';
import type { Route } from './route.js';

/** The routes that an event takes, in the order of the file. */
export function matchRoutes(routes: readonly Route[], event: Event): readonly Route[] {
  return routes.filter((route) => route.accepts(event));
}
