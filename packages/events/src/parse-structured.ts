import { checkAttributes, type Locate } from './attributes.js';
import { EventError, type Problem } from './errors.js';
import type { AttributeValue, Event, EventData } from './event.js';
import { MAX_DATA_DEPTH } from './limits.js';
import type { JsonMember } from './member-list.js';
import { JsonText, type ParsedJson, parseWhole } from './parse-json.js';

/**
 * An event in structured mode (`application/cloudevents+json`; CloudEvents JSON format 1.0). `data` keeps the very
 * bytes that stood in the body, `data_base64` is decoded. An attribute that is null counts as absent. Throws
 * `EventError` with every problem at once.
 */
export function parseStructured(body: Buffer): Event {
  return readStructured(body).event;
}

/** An event as it was read, with its data as they were parsed on the way: whoever checks them need not parse them again. */
export interface ReadEvent {
  readonly event: Event;
  /** Undefined where the event has no data, where they are no JSON, and where nobody parsed them. */
  readonly value: unknown;
}

/** As `parseStructured`. */
export function readStructured(body: Buffer): ReadEvent {
  return readEvent(readEnvelope(body));
}

/** The event in an envelope and its data. Throws `EventError` EVENT_INVALID with every problem at once. */
export function readEvent(envelope: Envelope): ReadEvent {
  return { event: eventIn(envelope), value: envelope.value };
}

/** What stands in the JSON object of an event, before anything about it is believed. */
export interface Envelope {
  readonly attributes: Record<string, unknown>;
  /** Attributes that are null. */
  readonly absent: readonly string[];
  readonly data: JsonMember | undefined;
  /** The data parsed. Undefined where there are none. */
  readonly value: unknown;
  readonly base64: unknown;
  /** The text in which it stands. */
  readonly text: JsonText;
}

/** How deep an event may be nested: its data, and the object in which they are. */
export const MAX_EVENT_DEPTH = MAX_DATA_DEPTH + 1;

/** Splits the JSON object of an event into attributes and data. Throws `EventError` when it is no JSON object. */
export function readEnvelope(body: Buffer): Envelope {
  const text = new JsonText(body);
  return envelopeOf(parseWhole(text, MAX_EVENT_DEPTH), text);
}

/** As `readEnvelope`, of a value that was parsed; its members are where they are in the text. */
export function envelopeOf({ value, members }: ParsedJson, text: JsonText): Envelope {
  if (!isObject(value)) throw new EventError('EVENT_MALFORMED', 'an event in JSON is an object');
  const attributes: Record<string, unknown> = {};
  const absent: string[] = [];
  for (const { name } of members) {
    if (name === undefined || name === 'data' || name === 'data_base64') continue;
    if (value[name] === null) absent.push(name);
    else attributes[name] = value[name];
  }
  const data = members.find(({ name }) => name === 'data');
  return { attributes, absent, data, value: value.data, base64: value.data_base64 ?? undefined, text };
}

/** The event in an envelope, checked as a whole. Throws `EventError` EVENT_INVALID with every problem at once. */
export function eventIn(envelope: Envelope, moreProblems: readonly Problem[] = []): Event {
  const { attributes } = envelope;
  const data = readEventData(envelope);
  const problems = [...moreProblems, ...checkAttributes(attributes, locate), ...data.problems];
  if (problems.length > 0) throw new EventError('EVENT_INVALID', 'the event breaks CloudEvents 1.0', problems);
  return eventOf(attributes as Record<string, AttributeValue>, data.data);
}

/** The data in an envelope, in either form; undefined where there is none, and where there are problems. */
export function readEventData({ data, base64, text }: Envelope): {
  readonly data: EventData | undefined;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  if (base64 !== undefined && data !== undefined)
    problems.push({ pointer: '/data_base64', detail: 'cannot stand beside data' });
  if (base64 !== undefined && !isBase64(base64)) problems.push({ pointer: '/data_base64', detail: 'must be base64' });
  if (problems.length > 0) return { data: undefined, problems };
  if (typeof base64 === 'string') return { data: { kind: 'bytes', bytes: Buffer.from(base64, 'base64') }, problems };
  if (data === undefined) return { data: undefined, problems };
  const { start, end } = data;
  return { data: { kind: 'json', bytes: text.bytes.subarray(start, end), text: text.slice(start, end) }, problems };
}

/** An event from attributes that were checked. */
export function eventOf(attributes: Readonly<Record<string, AttributeValue>>, data: EventData | undefined): Event {
  const { id, source, type } = attributes;
  return { id: String(id), source: String(source), type: String(type), attributes, data };
}

/** The JSON Pointer of an attribute (RFC 6901). */
export const locate: Locate = (name) => ({ pointer: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` });

function isBase64(value: unknown): boolean {
  return typeof value === 'string' && value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
