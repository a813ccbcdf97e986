import type { AttributeValue } from '@millrace/events';
import { decodeEvent, type EntryFields, toFields } from '../codec.js';
import { send } from '../connection/connection.js';
import { compareEntryIds } from '../entry-id.js';
import { toObject } from '../flat-reply.js';
import { entryIdOf, GROUP } from '../keys.js';
import { readStates } from '../records/read-fields.js';
import { acceptedAt, copiedEvent, eventState, routesIn } from '../records/read-record.js';
import type { DeliveryState, EventState } from '../records/record.js';
import type { Stream } from '../stream.js';

/** An event as a list shows it: what it is, and what has become of it, without its data. */
export interface EventSummary {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly acceptedAt: Date;
  readonly state: EventState;
  readonly routes: readonly { readonly id: string; readonly state: DeliveryState }[];
}

/** An event that was found in the stream: its ref, and its attributes where they are known already. */
export interface FoundEvent {
  readonly ref: string;
  readonly attributes?: EventSummary['attributes'];
}

/**
 * What has become of each of these events, in their order; undefined for one whose record has expired, or that never was.
 * One round of small commands for all of them together, so give it a bounded number. Throws STREAM_UNAVAILABLE.
 */
export async function summarizeEvents(
  stream: Stream,
  found: readonly FoundEvent[],
): Promise<(EventSummary | undefined)[]> {
  const ids = found.map(({ ref }) => entryIdOf(stream.keys, ref));
  const [lastRead, ...looks] = await Promise.all([
    readPosition(stream),
    ...found.map((event, at) => lookAt(stream, event, ids[at])),
  ]);
  return found.map((event, at) => {
    const id = ids[at];
    const look = looks[at];
    if (id === undefined || look === undefined) return undefined;
    return summarize(event, id, look, lastRead);
  });
}

interface Look {
  readonly isPending: boolean;
  readonly fields: EntryFields;
  readonly attributes: EventSummary['attributes'] | undefined;
}

/** The id of the entry that was read last. */
async function readPosition({ redis, keys }: Stream): Promise<string> {
  const groups = (await send('XINFO GROUPS', redis.xinfo('GROUPS', keys.events))) as unknown[][];
  const group = groups.map(toObject).find(({ name }) => name === GROUP);
  const id = group?.['last-delivered-id'];
  return typeof id === 'string' ? id : '0-0';
}

/** The record is asked for last: an entry that is settled between the questions then has one. */
async function lookAt(stream: Stream, event: FoundEvent, id: string | undefined): Promise<Look | undefined> {
  if (id === undefined) return undefined;
  const { redis, keys } = stream;
  const [pending, attributes, fields] = await Promise.all([
    send('XPENDING', redis.xpending(keys.events, GROUP, id, id, 1)),
    event.attributes ?? readAttributes(stream, id),
    readStates(stream, event.ref, { copy: event.attributes === undefined }),
  ]);
  return { isPending: pending.length > 0, attributes, fields };
}

async function readAttributes({ redis, keys }: Stream, id: string): Promise<EventSummary['attributes'] | undefined> {
  const entries = (await send('XRANGE', redis.callBuffer('XRANGE', keys.events, id, id))) as [Buffer, Buffer[]][];
  return entries[0] === undefined ? undefined : attributesIn(toFields(entries[0][1]));
}

function summarize(
  { ref }: FoundEvent,
  id: string,
  { isPending, fields, attributes }: Look,
  lastRead: string,
): EventSummary | undefined {
  if (fields.size === 0) {
    const isUnsettled = isPending || compareEntryIds(lastRead, id) < 0;
    if (!isUnsettled || attributes === undefined) return undefined;
    return { ref, attributes, acceptedAt: acceptedAt(id), state: 'open', routes: [] };
  }
  const known = attributes ?? copiedEvent(fields)?.attributes;
  if (known === undefined) return undefined;
  const routes = routesIn(fields).map((route) => ({ id: route, state: stateOf(route, fields) }));
  return { ref, attributes: known, acceptedAt: acceptedAt(id), state: eventState(fields), routes };
}

function attributesIn(fields: EntryFields): EventSummary['attributes'] | undefined {
  const event = decodeEvent(fields);
  return typeof event === 'string' ? undefined : event.attributes;
}

function stateOf(route: string, fields: EntryFields): DeliveryState {
  const [state] = (fields.get(`state:${route}`)?.toString() ?? '').split(' ');
  return (state || 'waiting') as DeliveryState;
}
