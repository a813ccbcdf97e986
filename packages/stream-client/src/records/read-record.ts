import type { Event } from '@millrace/events';
import { decodeEvent, type EntryFields, toFields } from '../codec.js';
import { send } from '../connection/connection.js';
import { compareEntryIds } from '../entry-id.js';
import { toObject } from '../flat-reply.js';
import { entryIdOf, GROUP } from '../keys.js';
import type { DeliveryDetail } from '../settling/outcome.js';
import { toPausable } from '../steering/pauses.js';
import type { Stream } from '../stream.js';
import { readFields } from './read-fields.js';
import type { DeliveryRecord, DeliveryState, EventRecord, EventState, KeptAnswer } from './record.js';

/**
 * Reads the record of an event. Resolves with undefined for a ref that never was, or whose record has expired. Until the
 * first outcome nothing but the entry exists, and the record says `open` without deliveries.
 */
export async function readRecord(stream: Stream, ref: string): Promise<EventRecord | undefined> {
  const entryId = entryIdOf(stream.keys, ref);
  if (entryId === undefined) return undefined;
  const found = await fetchRecord(stream, ref, entryId);
  if (found.fields.size === 0) {
    // Without a record the event is either still to be settled, or its record has expired.
    if (found.entry === undefined || !found.isUnsettled) return undefined;
    return { ref, event: eventIn(found.entry), state: 'open', acceptedAt: acceptedAt(entryId), deliveries: [] };
  }
  return toRecord(ref, entryId, found.fields, found.entry);
}

interface Found {
  readonly entry: EntryFields | undefined;
  readonly isUnsettled: boolean;
  readonly fields: EntryFields;
}

/** The record is asked for last: an entry that is settled between the questions then has one. */
async function fetchRecord(stream: Stream, ref: string, entryId: string): Promise<Found> {
  const { keys, redis } = stream;
  const replies = await send(
    'reading a record',
    Promise.all([
      redis.callBuffer('XRANGE', keys.events, entryId, entryId) as Promise<[Buffer, Buffer[]][]>,
      redis.xinfo('GROUPS', keys.events) as Promise<unknown[][]>,
      redis.xpending(keys.events, GROUP, entryId, entryId, 1),
      readFields(stream, ref),
    ]),
  );
  const [[entry], groups, pending, fields] = replies;
  const group = groups.map(toObject).find(({ name }) => name === GROUP);
  const isUnread = group === undefined || compareEntryIds(String(group['last-delivered-id']), entryId) < 0;
  return {
    entry: entry === undefined ? undefined : toFields(entry[1]),
    isUnsettled: isUnread || pending.length > 0,
    fields,
  };
}

function toRecord(ref: string, entryId: string, fields: EntryFields, entry: EntryFields | undefined): EventRecord {
  const finished = fields.get('finished');
  const matched = matchedIn(fields);
  return {
    ref,
    event: copiedEvent(fields) ?? (entry === undefined ? undefined : eventIn(entry)),
    state: eventState(fields),
    acceptedAt: acceptedAt(entryId),
    ...(finished === undefined ? {} : { finishedAt: new Date(Number(finished.toString())) }),
    deliveries: routesIn(fields).map((route) => toDelivery(route, fields)),
    ...(matched === undefined ? {} : { matched }),
  };
}

/** What has become of the event as a whole, by the fields of its record. */
export function eventState(fields: EntryFields): EventState {
  if (fields.has('scheduled')) return 'scheduled';
  const open = fields.get('open')?.toString();
  if (open === undefined || Number(open) > 0) return 'open';
  if (Number(fields.get('dead')?.toString() ?? 0) > 0) return 'dead';
  const isExpired = [...fields].some(
    ([name, value]) => name.startsWith('state:') && value.toString().startsWith('expired '),
  );
  return isExpired ? 'expired' : 'done';
}

function matchedIn(fields: EntryFields): string[] | undefined {
  const frozen = fields.get('routes')?.toString();
  return frozen === undefined ? undefined : (JSON.parse(frozen) as string[]);
}

/** The routes that a record knows of. */
export function routesIn(fields: EntryFields): string[] {
  const known = [...fields.keys()].flatMap((name) => (name.startsWith('state:') ? [name.slice('state:'.length)] : []));
  return [...new Set([...(matchedIn(fields) ?? []), ...known])];
}

function toDelivery(route: string, fields: EntryFields): DeliveryRecord {
  const [state = 'waiting', attempts = 0, starts = 0, , nextAt = ''] = (
    fields.get(`state:${route}`)?.toString() ?? ''
  ).split(' ');
  const detailText = fields.get(`detail:${route}`)?.toString();
  const detail: Partial<KeptDetail> = detailText === undefined ? {} : JSON.parse(detailText);
  const followUps = fields.get(`follow-ups:${route}`)?.toString();
  return {
    route,
    version: detail.version ?? '',
    state: (state || 'waiting') as DeliveryState,
    attempts: Number(attempts),
    starts: Number(starts),
    ...(fields.has(`turn:${route}`) ? { isInTurn: true } : {}),
    ...(nextAt === '' ? {} : { nextAt: new Date(Number(nextAt)) }),
    ...progressIn(route, state, fields),
    ...pausedIn(route, state, detail, fields),
    ...(state === 'retrying' && detail.waitsIn !== undefined ? { waitsIn: detail.waitsIn } : {}),
    ...(state === 'retrying' && detail.behind !== undefined ? { behind: detail.behind } : {}),
    ...(detail.held === undefined ? {} : { held: detail.held }),
    ...(detail.reason === undefined ? {} : { reason: detail.reason }),
    ...(detail.resolvedFrom === undefined ? {} : { resolvedFrom: detail.resolvedFrom }),
    ...(detail.note === undefined ? {} : { note: detail.note }),
    effects: effectsIn(route, fields) ?? detail.effects ?? [],
    ...(detail.result === undefined ? {} : { result: detail.result }),
    ...(detail.error === undefined ? {} : { error: detail.error }),
    ...inputOf(route, detail, fields),
    followUps: followUps === undefined ? [] : followUps.split(' '),
  };
}

function progressIn(route: string, state: string, fields: EntryFields): Pick<DeliveryRecord, 'progress'> {
  const text = state === 'done' ? undefined : fields.get(`progress:${route}`)?.toString();
  if (text === undefined) return {};
  const end = text.indexOf(' ');
  return { progress: { ...JSON.parse(text.slice(end + 1)), at: new Date(Number(text.slice(0, end))) } };
}

/** What a delivery waits for that was put off when it was begun, or when its time came. */
function pausedIn(
  route: string,
  state: string,
  { paused }: Partial<KeptDetail>,
  fields: EntryFields,
): Pick<DeliveryRecord, 'paused'> {
  if (state !== 'retrying') return {};
  const later = fields.get(`paused:${route}`)?.toString();
  if (later !== undefined) return { paused: toPausable(later) };
  return paused === undefined ? {} : { paused };
}

/** An answer that was given to an attempt before is not one to this. */
function inputOf(route: string, { asks }: Partial<KeptDetail>, fields: EntryFields): Pick<DeliveryRecord, 'input'> {
  if (asks === undefined) return {};
  const text = fields.get(`answer:${route}`)?.toString();
  const answer = text === undefined ? undefined : (JSON.parse(text) as KeptAnswer);
  return { input: answer?.attempt === asks.attempt ? { asks, responses: answer.responses } : { asks } };
}

/** What consumers write about a delivery, and what people add. */
type KeptDetail = DeliveryDetail & Pick<DeliveryRecord, 'resolvedFrom' | 'note'>;

/** The effects that the ledger has recorded for a route, in the order of their steps; undefined when it has none. */
function effectsIn(route: string, fields: EntryFields): unknown[] | undefined {
  const prefix = `effect:${route}:`;
  const names = [...fields.keys()].filter((name) => name.startsWith(prefix)).sort();
  return names.length === 0 ? undefined : names.map((name) => JSON.parse(String(fields.get(name))));
}

/** The event as the record keeps it for itself: of what waits or is dead. */
export function copiedEvent(fields: EntryFields): Event | undefined {
  const own = new Map<string, Buffer>();
  for (const [name, value] of fields) if (name.startsWith('entry:')) own.set(name.slice('entry:'.length), value);
  return own.size === 0 ? undefined : eventIn(own);
}

function eventIn(fields: EntryFields): Event | undefined {
  const event = decodeEvent(fields);
  return typeof event === 'string' ? undefined : event;
}

/** When the event was accepted as this entry. */
export function acceptedAt(entryId: string): Date {
  return new Date(Number(entryId.slice(0, entryId.indexOf('-'))));
}
