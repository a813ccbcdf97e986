import { type AttributeValue, type Event, textOf } from '@millrace/events';
import { entryIdOf, type Keys, refOf } from './keys.js';

/** An entry that could be read: the event, and for a retry the one route that it is about. */
export interface Entry {
  readonly kind: 'entry';
  readonly id: string;
  /** How often this entry has been started, this time included. With the consumer's name it is the token of the holder. */
  readonly deliveryCount: number;
  /** Whether somebody else, or this consumer earlier, held it before: it may be settled in part. */
  readonly wasHeld: boolean;
  readonly ref: string;
  /** The place of the event in the order of acceptance within its partition; the same in every retry. */
  readonly seq: number;
  readonly event: Event;
  readonly retry: Retry | undefined;
}

/** What an entry that was put back says about itself. */
export interface Retry {
  readonly route: string;
  /** The number of the attempt that this entry is for. */
  readonly attempt: number;
  /** How many attempts there had been when the delivery was last redriven: the retry policy counts from here. */
  readonly redrivenAt: number;
  /** How many attempts since then never left the process that made them: the retry policy does not count those. */
  readonly unsent: number;
}

/** An entry that cannot be read: somebody else wrote it, or a release that speaks another format. */
export interface MalformedEntry {
  readonly kind: 'malformed';
  readonly id: string;
  readonly deliveryCount: number;
  readonly ref: string;
  readonly problem: string;
}

/**
 * An event as the scripts take it: its entry of format 2, but for the sequence number in front. Text where that holds it all,
 * since a script whose arguments are all texts is sent as one; a Buffer where the data are bytes of any kind.
 */
export function encodeEvent({ attributes, data }: Pick<Event, 'attributes' | 'data'>): string | Buffer {
  const json = JSON.stringify(attributes);
  const size = Buffer.byteLength(json);
  if (data === undefined) return `- ${size}\n${json}`;
  if (data.kind === 'json') return `j ${size}\n${json}${textOf(data)}`;
  return Buffer.concat([Buffer.from(`b ${size}\n${json}`), data.bytes]);
}

/** An entry's fields by name, as format 1 has them. */
export type EntryFields = ReadonlyMap<string, Buffer>;

/** Reads fields as Redis gives them: name, value, name, value. What is in one field of format 2 is taken apart. */
export function toFields(flat: readonly Buffer[]): EntryFields {
  const packed = findPacked(flat);
  if (packed !== undefined) {
    const { seq, kind, attributes, data } = packed;
    return new Map([
      ['format', ONE],
      ['seq', Buffer.from(String(seq))],
      ['kind', Buffer.from(kind)],
      ['event', attributes],
      ['data', data],
    ]);
  }
  const fields = new Map<string, Buffer>();
  for (let i = 0; i + 1 < flat.length; i += 2) fields.set(String(flat[i]), flat[i + 1] as Buffer);
  return fields;
}

/** Format 1, and the name of the one field of format 2. */
const [ONE, PACKED] = ['1', 'v2'].map((text) => Buffer.from(text)) as [Buffer, Buffer];
const LINE_FEED = 10;
const HEAD = /^(\d{1,16}) ([jb-]) (\d{1,9})$/;

/** What the one field of format 2 holds: "SEQ KIND SIZE", a line feed, the attributes, and the data. */
interface Packed {
  readonly seq: number;
  readonly kind: string;
  readonly attributes: Buffer;
  readonly data: Buffer;
}

/** Undefined for an entry of another format, or one that says it has this one and has not. */
function findPacked(flat: readonly Buffer[]): Packed | undefined {
  const [name, text] = flat;
  if (flat.length !== 2 || name === undefined || text === undefined || !PACKED.equals(name)) return undefined;
  const headEnd = text.indexOf(LINE_FEED);
  const head = HEAD.exec(text.toString('latin1', 0, Math.max(0, headEnd)));
  if (head === null) return undefined;
  const dataAt = headEnd + 1 + Number(head[3]);
  if (dataAt > text.length) return undefined;
  const kind = head[2] as string;
  return { seq: Number(head[1]), kind, attributes: text.subarray(headEnd + 1, dataAt), data: text.subarray(dataAt) };
}

/** As `decodeEntry`, of fields as Redis gives them. */
export function decodeFlat(
  keys: Keys,
  id: string,
  hold: Pick<Entry, 'deliveryCount' | 'wasHeld'>,
  flat: readonly Buffer[],
): Entry | MalformedEntry {
  const packed = findPacked(flat);
  if (packed === undefined) return decodeEntry(keys, id, hold, toFields(flat));
  const { deliveryCount, wasHeld } = hold;
  const { seq, kind, attributes, data } = packed;
  const ref = refOf(keys, id);
  const event = toEvent(attributes, kind, data);
  if (typeof event === 'string') return { kind: 'malformed', id, deliveryCount, ref, problem: event };
  return { kind: 'entry', id, deliveryCount, wasHeld, ref, seq, event, retry: undefined };
}

/** Reads an entry. Never throws: an entry that makes no sense is an answer, which the caller has to dispose of. */
export function decodeEntry(
  keys: Keys,
  id: string,
  hold: Pick<Entry, 'deliveryCount' | 'wasHeld'>,
  fields: EntryFields,
): Entry | MalformedEntry {
  const told = fields.get('ref')?.toString();
  // Whoever else writes to the stream may write anything: a ref that is none of ours is not one.
  const ref = told !== undefined && entryIdOf(keys, told) !== undefined ? told : refOf(keys, id);
  const event = decodeEvent(fields);
  if (typeof event === 'string')
    return { kind: 'malformed', id, deliveryCount: hold.deliveryCount, ref, problem: event };
  const route = fields.get('route')?.toString();
  const retry =
    route === undefined
      ? undefined
      : {
          route,
          attempt: numberIn(fields, 'attempt'),
          redrivenAt: numberIn(fields, 'redriven'),
          unsent: numberIn(fields, 'unsent'),
        };
  return { kind: 'entry', id, ...hold, ref, seq: numberIn(fields, 'seq'), event, retry };
}

/** The event in an entry's fields, or what is wrong with them. */
export function decodeEvent(fields: EntryFields): Event | string {
  const format = fields.get('format')?.toString();
  if (format !== '1') return `the entry has format ${format ?? 'none'}, this release reads format 1 and 2`;
  return toEvent(fields.get('event'), fields.get('kind')?.toString(), fields.get('data') ?? Buffer.alloc(0));
}

function toEvent(text: Buffer | undefined, kind: string | undefined, bytes: Buffer): Event | string {
  const attributes = parseAttributes(text);
  if (attributes === undefined) return 'the attributes are not a JSON object';
  const { id, source, type } = attributes;
  if (typeof id !== 'string' || typeof source !== 'string' || typeof type !== 'string') {
    return 'id, source or type is missing';
  }
  if (kind === '-') return { id, source, type, attributes, data: undefined };
  if (kind !== 'j' && kind !== 'b') return `the data are of unknown kind ${kind}`;
  return { id, source, type, attributes, data: { kind: kind === 'j' ? 'json' : 'bytes', bytes } };
}

function parseAttributes(text: Buffer | undefined): Record<string, AttributeValue> | undefined {
  try {
    const parsed: unknown = JSON.parse(String(text));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, AttributeValue>) : undefined;
  } catch {
    return undefined;
  }
}

function numberIn(fields: EntryFields, name: string): number {
  return Number(fields.get(name)?.toString() ?? 0);
}
