import { isAscii } from 'node:buffer';
import { EventError } from './errors.js';
import { MAX_VALUES } from './limits.js';
import { type JsonMember, MemberList } from './member-list.js';
import { refuseOtherThanUtf8, scanValue, skipSpace } from './scan-json.js';

/** JSON text that was scanned and parsed: the value, and where its outermost members stand in the bytes. */
export interface ParsedJson {
  readonly value: unknown;
  readonly members: readonly JsonMember[];
}

/** Bytes that are UTF-8, and their text, of which any part can be had without reading the bytes again. */
export class JsonText {
  readonly bytes: Buffer;
  readonly #text: string | undefined;

  /** Throws `EventError` EVENT_MALFORMED for bytes that are not UTF-8. */
  constructor(bytes: Buffer) {
    refuseOtherThanUtf8(bytes);
    this.bytes = bytes;
    // Where each character is a byte, a part of the text stands where it stands in the bytes.
    this.#text = isAscii(bytes) ? bytes.toString('latin1') : undefined;
  }

  /** From the byte `start` up to the byte `end`. */
  slice(start: number, end: number): string {
    return this.#text?.slice(start, end) ?? this.bytes.toString('utf8', start, end);
  }
}

/** Scans, then parses. Throws `EventError` EVENT_MALFORMED when it is not JSON, EVENT_TOO_DEEP past the limits. */
export function parseJson(bytes: Buffer, maxDepth: number): ParsedJson {
  return parseWhole(new JsonText(bytes), maxDepth);
}

/** As `parseJson`. */
export function parseWhole(text: JsonText, maxDepth: number): ParsedJson {
  const { bytes } = text;
  const members = new MemberList();
  const end = scanValue(bytes, 0, { maxDepth, maxValues: MAX_VALUES }, members);
  if (skipSpace(bytes, end) < bytes.length)
    throw new EventError('EVENT_MALFORMED', 'something follows the end of the JSON text');
  return { value: parseText(text.slice(0, bytes.length)), members: members.list };
}

/** Throws `EventError` EVENT_MALFORMED when it is not JSON. */
export function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EventError('EVENT_MALFORMED', `the text is not JSON: ${(error as Error).message}`);
  }
}
