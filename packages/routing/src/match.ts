import type { Event } from '@millrace/events';
import { ExpressionError } from './errors.js';
import { viewOf } from './event-view.js';
import type { Route } from './route.js';
import type { RouteTable } from './route-table.js';

/** A route that an event takes, or one of which that cannot be told since its `when` failed. */
export interface Match {
  readonly route: Route;
  readonly error?: ExpressionError;
}

/**
 * The routes that an event takes, in the order of the file: their `on` accepts it and their `when` holds. A `when` that
 * fails is among them with its error, since leaving the route out would drop the delivery without a word.
 */
export async function matchRoutes(table: RouteTable, event: Event): Promise<readonly Match[]> {
  const matches = await Promise.all(table.accepting(event).map((route) => matchRoute(route, event)));
  return matches.filter((match) => match !== undefined);
}

/**
 * As `matchRoutes`, without waiting; undefined where an expression has to be asked, which takes its time.
 */
export function matchAtOnce(table: RouteTable, event: Event): readonly Route[] | undefined {
  const routes = table.accepting(event);
  return routes.every(({ when }) => when === undefined) ? routes : undefined;
}

/** Whether the `when` of a route holds for an event that its `on` accepts; undefined when it does not. */
export async function matchRoute(route: Route, event: Event): Promise<Match | undefined> {
  if (route.when === undefined) return { route };
  try {
    return (await route.when(viewOf(event))) ? { route } : undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return { route, error };
    throw error;
  }
}
