import { matchRoutes, type Route } from '@millrace/routing';
import { type Entry, readRecord, type Stream } from '@millrace/stream-client';

/** One delivery that an entry asks for: a route, and which attempt at it this is. */
export interface DeliveryPlan {
  readonly routeId: string;
  /** Undefined when the routes file no longer has it. */
  readonly route: Route | undefined;
  /** From 1, over the whole life of the delivery. */
  readonly attempt: number;
  /** How many attempts there had been at the last redrive: the retry policy counts from here. */
  readonly redrivenAt: number;
  /** How many attempts since then never left the process. */
  readonly unsent: number;
}

/** What an entry asks for: all its routes, and of them the deliveries that are still to be made. */
export interface EntryPlan {
  readonly routeIds: readonly string[];
  readonly deliveries: readonly DeliveryPlan[];
}

/**
 * Finds what is to be done about an entry. A fresh one takes every route that accepts its event; a retry is for one
 * route. An entry that somebody held before may be settled in part: the record then says which routes it was matched to
 * and which of them remain.
 */
export async function planEntry(entry: Entry, routes: readonly Route[], stream: Stream): Promise<EntryPlan> {
  if (entry.retry !== undefined) return planRetry(entry.retry, routes);
  const matched = matchRoutes(routes, entry.event).map(({ id }) => id);
  if (!entry.wasHeld) return toPlan(matched, matched, routes);
  const settledBefore = await readSettled(entry, stream);
  const all = settledBefore.size === 0 ? matched : [...settledBefore.keys()];
  return toPlan(
    all,
    all.filter((id) => settledBefore.get(id) !== true),
    routes,
  );
}

/** Which routes a former holder has noted for the event, and whether their first attempt is settled. */
async function readSettled(entry: Entry, stream: Stream): Promise<Map<string, boolean>> {
  const record = await readRecord(stream, entry.ref);
  return new Map(record?.deliveries.map(({ route, attempts }) => [route, attempts > 0]));
}

function planRetry(retry: NonNullable<Entry['retry']>, routes: readonly Route[]): EntryPlan {
  const { route: routeId, attempt, redrivenAt, unsent } = retry;
  return {
    routeIds: [routeId],
    deliveries: [{ routeId, route: findRoute(routes, routeId), attempt, redrivenAt, unsent }],
  };
}

function toPlan(all: readonly string[], remaining: readonly string[], routes: readonly Route[]): EntryPlan {
  const deliveries = remaining.map((routeId) => {
    return { routeId, route: findRoute(routes, routeId), attempt: 1, redrivenAt: 0, unsent: 0 };
  });
  return { routeIds: all, deliveries };
}

function findRoute(routes: readonly Route[], id: string): Route | undefined {
  return routes.find((route) => route.id === id);
}
