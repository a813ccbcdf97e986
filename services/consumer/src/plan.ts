import { type Effect, findEffect } from '@millrace/ledger';
import { matchRoutes, type Route } from '@millrace/routing';
import { type DeliveryRecord, type Entry, readRecord, type Stream } from '@millrace/stream-client';

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
  /** What the ledger knows about its tool call; undefined when it was never recorded as sent. */
  readonly effect: Effect | undefined;
}

/** Step path of the one tool call of a route. */
export const ONLY_STEP = '0';

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
  const matched = matchRoutes(routes, entry.event).map(({ id }) => id);
  // A fresh entry that nobody has held has no history.
  if (entry.retry === undefined && !entry.wasHeld) return toPlan(matched, new Map(), routes);
  const record = await readRecord(stream, entry.ref);
  const known = new Map(record?.deliveries.map((delivery) => [delivery.route, delivery]));
  if (entry.retry !== undefined) return planRetry(entry.retry, known, routes);
  const all = record?.matched ?? [...new Set([...matched, ...known.keys()])];
  return toPlan(all, known, routes);
}

function planRetry(
  retry: NonNullable<Entry['retry']>,
  known: ReadonlyMap<string, DeliveryRecord>,
  routes: readonly Route[],
): EntryPlan {
  const { route: routeId, attempt, redrivenAt, unsent } = retry;
  const delivery = known.get(routeId);
  const plan = { routeId, route: findRoute(routes, routeId), attempt, redrivenAt, unsent };
  // A holder before may have settled this attempt and died before it could acknowledge.
  const isSettled = delivery !== undefined && delivery.attempts >= attempt;
  return { routeIds: [routeId], deliveries: isSettled ? [] : [{ ...plan, effect: findEffect(delivery, ONLY_STEP) }] };
}

function toPlan(
  all: readonly string[],
  known: ReadonlyMap<string, DeliveryRecord>,
  routes: readonly Route[],
): EntryPlan {
  const remaining = all.filter((id) => (known.get(id)?.attempts ?? 0) === 0);
  const deliveries = remaining.map((routeId) => {
    const effect = findEffect(known.get(routeId), ONLY_STEP);
    return { routeId, route: findRoute(routes, routeId), attempt: 1, redrivenAt: 0, unsent: 0, effect };
  });
  return { routeIds: all, deliveries };
}

function findRoute(routes: readonly Route[], id: string): Route | undefined {
  return routes.find((route) => route.id === id);
}
