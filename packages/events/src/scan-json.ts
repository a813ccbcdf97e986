import { isUtf8 } from 'node:buffer';
import { EventError } from './errors.js';
import { type JsonMember, MemberList } from './member-list.js';

/** What a scan lets through. */
export interface ScanLimits {
  readonly maxDepth: number;
  readonly maxValues: number;
  /** Whether names that reach an object's prototype are refused. Default true. */
  readonly guardNames?: boolean;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Walks once over JSON text, before anything is parsed, and returns where the outermost members are; none for a text
 * that is neither object nor array. It bounds depth and number of values, and refuses what parsers disagree about:
 * bytes that are not UTF-8, a name that stands twice in the outermost object, `__proto__`, and `constructor` with an
 * object behind it, at any level and however escaped.
 *
 * It does not settle the syntax: trust the ranges only after `JSON.parse` has accepted the text, or each range by
 * itself. Throws `EventError` EVENT_MALFORMED or EVENT_TOO_DEEP.
 */
export function scanJson(bytes: Buffer, limits: ScanLimits): readonly JsonMember[] {
  refuseOtherThanUtf8(bytes);
  const members = new MemberList();
  const end = scanValue(bytes, 0, limits, members);
  if (skipSpace(bytes, end) < bytes.length)
    throw new EventError('EVENT_MALFORMED', 'something follows the end of the JSON text');
  return members.list;
}

/** Throws `EventError` EVENT_MALFORMED. */
export function refuseOtherThanUtf8(bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new EventError('EVENT_MALFORMED', 'the text is not UTF-8');
}

/**
 * As `scanJson`, of one object or array within UTF-8 text that goes on behind it: collects its members, by where they are
 * in the whole text, and returns where it ends. What is neither object nor array is taken to reach to the end of the text.
 */
export function scanValue(bytes: Buffer, from: number, limits: ScanLimits, members: MemberList): number {
  let depth = 0;
  let values = 1;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte <= 0x20) continue;
    const first = at;
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
      const next = skipSpace(bytes, at + 1);
      if (bytes[next] === COLON) {
        if (limits.guardNames !== false) refuseUnsafeName(bytes, first, at, next);
        if (depth === 1) members.name(textOfName(bytes, first, at));
        at = next;
        continue;
      }
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth++;
      values++;
      if (depth > limits.maxDepth) throw tooDeep(`nested deeper than ${limits.maxDepth} levels`);
      if (depth === 1) continue;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth--;
      if (depth <= 0) {
        members.finish();
        return at + 1;
      }
    } else if (byte === COMMA) {
      values++;
      if (depth === 1) {
        members.separate();
        continue;
      }
    }
    if (values > limits.maxValues) throw tooDeep(`more than ${limits.maxValues} values`);
    if (depth > 0) members.extend(first, at + 1);
  }
  if (depth > 0) throw new EventError('EVENT_MALFORMED', 'the JSON text ends too early');
  return bytes.length;
}

function tooDeep(message: string): EventError {
  return new EventError('EVENT_TOO_DEEP', message);
}

function endOfString(bytes: Buffer, quote: number): number {
  for (let at = quote + 1; at < bytes.length; at++) {
    if (bytes[at] === BACKSLASH) at++;
    else if (bytes[at] === QUOTE) return at;
  }
  throw new EventError('EVENT_MALFORMED', 'a string has no end');
}

/** The first byte from there on that is not whitespace. */
export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && (bytes[at] ?? 0) <= 0x20) at++;
  return at;
}

function refuseUnsafeName(bytes: Buffer, open: number, close: number, colon: number): void {
  // Written plainly, `__proto__` is 9 bytes and `constructor` 11: most names end here and no string is made of them.
  const length = close - open - 1;
  if (length !== 9 && length !== 11 && !hasEscape(bytes, open, close)) return;
  const name = textOfName(bytes, open, close);
  const unsafe = name === '__proto__' || (name === 'constructor' && bytes[skipSpace(bytes, colon + 1)] === OPEN_OBJECT);
  if (unsafe) throw new EventError('EVENT_MALFORMED', `the name ${JSON.stringify(name)} is not allowed`);
}

function hasEscape(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
}

function textOfName(bytes: Buffer, open: number, close: number): string {
  return usualName(bytes, open + 1, close) ?? readName(bytes, open, close);
}

/** Names that nearly every event has, by their length: these need not be read out of the bytes, which costs more than to compare. */
const USUAL = groupByLength(['id', 'data', 'type', 'time', 'source', 'subject', 'specversion', 'datacontenttype']);

function usualName(bytes: Buffer, from: number, to: number): string | undefined {
  for (const name of USUAL[to - from] ?? []) if (isAt(bytes, from, name)) return name;
  return undefined;
}

function isAt(bytes: Buffer, from: number, name: string): boolean {
  for (let at = 0; at < name.length; at++) if (bytes[from + at] !== name.charCodeAt(at)) return false;
  return true;
}

function groupByLength(names: readonly string[]): readonly (readonly string[])[] {
  const longest = Math.max(...names.map(({ length }) => length));
  return Array.from({ length: longest + 1 }, (_none, length) => names.filter((name) => name.length === length));
}

function readName(bytes: Buffer, open: number, close: number): string {
  const text = bytes.toString('utf8', open, close + 1);
  if (!hasEscape(bytes, open, close)) return text.slice(1, -1);
  try {
    return String(JSON.parse(text));
  } catch (error) {
    throw new EventError('EVENT_MALFORMED', `a name is not a JSON string: ${(error as Error).message}`);
  }
}
