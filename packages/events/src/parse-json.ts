import { EventError } from './errors.js';
import { MAX_VALUES } from './limits.js';
import type { JsonMember } from './member-list.js';
import { scanJson } from './scan-json.js';

/** JSON text that was scanned and parsed: the value, and where its outermost members stand in the bytes. */
export interface ParsedJson {
  readonly value: unknown;
  readonly members: readonly JsonMember[];
}

/** Scans, then parses. Throws `EventError` EVENT_MALFORMED when it is not JSON, EVENT_TOO_DEEP past the limits. */
export function parseJson(bytes: Buffer, maxDepth: number): ParsedJson {
  const members = scanJson(bytes, { maxDepth, maxValues: MAX_VALUES });
  try {
    return { value: JSON.parse(bytes.toString('utf8')), members };
  } catch (error) {
    throw new EventError('EVENT_MALFORMED', `the text is not JSON: ${(error as Error).message}`);
  }
}
