import { checkAttributes } from './attributes.js';
import { FROM_ATTRIBUTE, ONLY_ROUTE_ATTRIBUTE } from './departure.js';
import { EventError } from './errors.js';
import type { AttributeValue, Event, EventData } from './event.js';
import { contentHashOf } from './identity.js';
import { isJsonType } from './media-type.js';
import { eventOf, locate, readEnvelope, readEventData } from './parse-structured.js';
import { RESERVED_ATTRIBUTES } from './reserved.js';
import { type Trust, trustOf, withTrust } from './trust.js';

/** The attribute of a replay that names the ref of the event it replays. */
export const REPLAY_ATTRIBUTE = 'millracereplayof';

/** What a person wants to be otherwise in a replay. */
export interface Edit {
  /** By name; null takes an attribute away. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Undefined: as it was. */
  readonly data: EventData | undefined;
}

const JSON_TYPE = 'application/json';
/** What has its say about an event only once, at the time that it was sent. */
const NOT_REPEATED: ReadonlySet<string> = new Set([
  'deliverat',
  'expirytime',
  'traceparent',
  'tracestate',
  FROM_ATTRIBUTE,
  ONLY_ROUTE_ATTRIBUTE,
]);
/** What follows from the event that is replayed, and is nobody's to choose. */
const OURS: readonly string[] = [
  ...RESERVED_ATTRIBUTES,
  REPLAY_ATTRIBUTE,
  'specversion',
  'causationid',
  'correlationid',
  'millracehops',
];

/**
 * Reads an edit: a JSON object with the attributes that are to be otherwise, and `data` or `data_base64`. `null` takes an
 * attribute away. Data keep the bytes that stood in the body. Throws `EventError`.
 */
export function parseEdit(body: Buffer): Edit {
  const envelope = readEnvelope(body);
  const { data, problems } = readEventData(envelope);
  if (problems.length > 0) throw new EventError('EVENT_INVALID', 'the edit cannot be made', problems);
  const taken = Object.fromEntries(envelope.absent.map((name) => [name, null]));
  return { attributes: { ...envelope.attributes, ...taken }, data };
}

/** A replay, and whether it says anything else than the event that it replays. */
export interface Replay {
  readonly event: Event;
  /** The names of what is otherwise: attributes, and `data`. None: it says the same. */
  readonly edited: readonly string[];
}

/**
 * The event that says again what `first` said, under an id of its own, with its edit. It names the first as its cause,
 * stays in its chain, and keeps its source unless that is edited. When it was to be delivered, when it was to expire and
 * its trace are left behind. What an edit says as it was counts as not said. The replay is trusted as far as the first as
 * long as nothing is edited, and as far as the editor otherwise. Throws `EventError` EVENT_INVALID where the edit breaks
 * CloudEvents, or has what Millrace alone writes.
 */
export function createReplay(
  first: { readonly ref: string; readonly event: Event },
  id: string,
  edit: Edit,
  editor: Trust,
): Replay {
  const { event } = first;
  const said = Object.entries(edit.attributes).filter(([name, value]) => value !== event.attributes[name]);
  const kept = Object.entries(event.attributes).filter(([name]) => !NOT_REPEATED.has(name));
  const merged: Record<string, unknown> = { ...Object.fromEntries(kept), id, ...Object.fromEntries(said) };
  const { datacontenttype } = merged;
  if (edit.data?.kind === 'json' && typeof datacontenttype === 'string' && !isJsonType(datacontenttype))
    merged.datacontenttype = JSON_TYPE;
  merged.causationid = event.id;
  merged.correlationid = event.attributes.correlationid ?? event.id;
  merged[REPLAY_ATTRIBUTE] = first.ref;
  const attributes = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  const refused = said.filter(([name]) => OURS.includes(name));
  const problems = [
    ...refused.map(([name]) => ({ ...locate(name), detail: 'is written by Millrace alone; leave it out' })),
    ...checkAttributes(attributes, locate),
  ];
  if (problems.length > 0) throw new EventError('EVENT_INVALID', 'the event breaks CloudEvents 1.0', problems);
  const replay = eventOf(attributes as Record<string, AttributeValue>, edit.data ?? event.data);
  const edited = differences(event, replay);
  return { event: withTrust(replay, edited.length === 0 ? trustOf(event) : editor), edited };
}

/** What a replay changes by being one. */
const CHANGED_BY_REPLAY: ReadonlySet<string> = new Set(['id', 'causationid', 'correlationid', REPLAY_ATTRIBUTE]);

function differences(first: Event, replay: Event): readonly string[] {
  const names = new Set([...Object.keys(first.attributes), ...Object.keys(replay.attributes)]);
  const attributes = [...names].filter((name) => {
    if (CHANGED_BY_REPLAY.has(name)) return false;
    const value = replay.attributes[name];
    return NOT_REPEATED.has(name) ? value !== undefined : value !== first.attributes[name];
  });
  return hashOfData(first) === hashOfData(replay) ? attributes : [...attributes, 'data'];
}

function hashOfData({ data }: Event): string {
  return contentHashOf({ id: '', source: '', type: '', attributes: {}, data });
}
