import { identityOf } from '@millrace/events';
import { send } from '../connection/connection.js';
import { readDelivery } from '../records/read-fields.js';
import { readRecord } from '../records/read-record.js';
import { type DeliveryState, type EventRecord, isFinalState } from '../records/record.js';
import type { DeliveryDetail } from '../settling/outcome.js';
import type { Stream } from '../stream.js';

/** What cancelling came to. */
export interface Cancellation {
  /** Routes whose deliveries were waiting for their time and are dead now, reason `cancelled`; `*`: the event as a whole. */
  readonly cancelled: readonly string[];
  /** Deliveries that are still to come to an end: in the stream, or with a consumer. */
  readonly left: readonly { readonly route: string; readonly state: DeliveryState }[];
}

/** The route of an event whose time has not come: which routes it is for will be seen then. */
const WHOLE_EVENT = '*';

/** The reason of a delivery that a person has cancelled. */
const REASON = 'cancelled';

/**
 * Cancels the deliveries of an event that wait for their next attempt, their turn or somebody's answer, or an event whose time has not come: they are dead,
 * and no dead letter is kept of them. With `only`, the delivery along that route and no other. What is in the stream, or
 * with a consumer, is left. Resolves with undefined for a ref that never was, or whose record has expired, and for a route
 * that the event does not have. Repeating it is harmless.
 */
export async function cancelEvent(stream: Stream, ref: string, only?: string): Promise<Cancellation | undefined> {
  const record = narrow(await readRecord(stream, ref), only);
  if (record === undefined) return undefined;
  const { keys, settings, writes } = stream;
  const own = record.deliveries.map(({ route }) => route);
  const routes = only === undefined ? [WHOLE_EVENT, ...own] : own;
  const waiting = await Promise.all(routes.map((route) => readWaiting(stream, ref, route)));
  const deliveries = waiting.flatMap((one) => one ?? []);
  if (deliveries.length === 0) return { cancelled: [], left: leftIn(record, []) };
  const identity = record.event === undefined ? ref : identityOf(record.event);
  const names = [keys.counters, keys.due, keys.record(ref), keys.identity(identity), keys.parked];
  names.push(keys.events, keys.lanes, keys.queued);
  const args = [ref, settings.identityTtlMs, settings.recordTtlMs, keys.changes, keys.record(''), ...deliveries];
  const cancelled = (await writes.run('cancel', names, args)) as string[];
  return { cancelled, left: leftIn(narrow(await readRecord(stream, ref), only), cancelled) };
}

/** The record as if the event had no route but this one; undefined when it does not have it. */
function narrow(record: EventRecord | undefined, only: string | undefined): EventRecord | undefined {
  if (record === undefined || only === undefined) return record;
  const deliveries = record.deliveries.filter(({ route }) => route === only);
  return deliveries.length === 0 ? undefined : { ...record, deliveries };
}

/** A delivery as the script takes it: route, state, and what the record shall say; undefined when it does not wait. */
async function readWaiting(stream: Stream, ref: string, route: string): Promise<string[] | undefined> {
  const { keys, redis } = stream;
  const member = `${ref} ${route}`;
  const due = await send('ZSCORE', redis.zscore(keys.due, member));
  const expires = await send('ZSCORE', redis.zscore(keys.parked, member));
  const queued = await send('ZSCORE', redis.zscore(keys.queued, member));
  const [state, detailText] = await readDelivery(stream, ref, route);
  if (due === null && expires === null && queued === null) return undefined;
  const detail: Partial<DeliveryDetail> = JSON.parse(detailText ?? '{}');
  return [route, state ?? '', JSON.stringify({ ...detail, reason: REASON })];
}

function leftIn(record: EventRecord | undefined, cancelled: readonly string[]): Cancellation['left'] {
  const others = (record?.deliveries ?? []).filter(({ route }) => !cancelled.includes(route));
  return others.filter(({ state }) => !isFinalState(state)).map(({ route, state }) => ({ route, state }));
}
