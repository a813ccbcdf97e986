import { onlyRouteOf } from '@millrace/events';
import { ExpressionError, gatheredBy, viewOf } from '@millrace/routing';
import type { Entry } from '@millrace/stream-client';
import type { DeliveryPlan } from '../plan.js';

/** A delivery that goes on in another partition, and the place of its key, which says in which. */
export interface Leaving {
  readonly plan: DeliveryPlan;
  readonly place: number;
}

/** The place of a key that belongs in another partition; undefined for one that is at home. */
export type FindElsewhere = (key: string) => number | undefined;

/**
 * Parts deliveries that may go out into those that go out here, and those whose key belongs in another partition: there all
 * events of the key come together. What was begun here is seen through here, and what has moved once has come to its place.
 */
export async function findLeaving(
  entry: Entry,
  ready: readonly DeliveryPlan[],
  findElsewhere: FindElsewhere | undefined,
): Promise<{ readonly staying: readonly DeliveryPlan[]; readonly leaving: readonly Leaving[] }> {
  if (findElsewhere === undefined || !ready.some(({ route }) => route !== undefined && gatheredBy(route) !== undefined))
    return { staying: ready, leaving: [] };
  const staying: DeliveryPlan[] = [];
  const leaving: Leaving[] = [];
  for (const plan of ready) {
    const key = await keyOf(entry, plan);
    const place = key === undefined ? undefined : findElsewhere(key);
    if (place === undefined) staying.push(plan);
    else leaving.push({ plan, place });
  }
  return { staying, leaving };
}

/** The key by which it belongs somewhere; undefined where it has none, or may not move any more. */
async function keyOf({ event }: Entry, plan: DeliveryPlan): Promise<string | undefined> {
  const { route, effects, input, condition, keyError } = plan;
  if (route === undefined || gatheredBy(route) === undefined || onlyRouteOf(event) !== undefined) return undefined;
  const isBegun = effects.length > 0 || input !== undefined;
  if (isBegun || condition !== 'holds' || keyError !== undefined) return undefined;
  const { order, action } = route;
  try {
    if (order !== undefined) return await order.keyOf(event);
    return action.kind === 'agent' ? await action.renderContext?.(viewOf(event)) : undefined;
  } catch (error) {
    // Its attempt says so.
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}
