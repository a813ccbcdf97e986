import { checkAttributes, type Locate } from './attributes.js';
import { EventError, type Problem } from './errors.js';
import type { AttributeValue, Event, EventData } from './event.js';
import { MAX_DATA_DEPTH } from './limits.js';
import { isJsonType } from './media-type.js';
import { parseJson } from './parse-json.js';
import { eventOf } from './parse-structured.js';

/**
 * An event in binary mode: attributes in `ce-` headers, data in the body (CloudEvents HTTP binding 1.0 §3.1). The
 * headers come as Node gives them in `rawHeaders`, name and value by turns, so that a header given twice is seen. All
 * attributes are strings. Data with a JSON content type must be JSON; any other content type is bytes to us, and an
 * empty body is no data. Throws `EventError` with every problem at once.
 */
export function parseBinary(rawHeaders: readonly string[], body: Buffer): Event {
  const { attributes, problems } = readHeaders(rawHeaders);
  problems.push(...checkAttributes(attributes, locate));
  if (problems.length > 0) throw new EventError('EVENT_INVALID', 'the event breaks CloudEvents 1.0', problems);
  return eventOf(attributes, dataOf(body, attributes.datacontenttype));
}

/** Whether a request carries an event in binary mode, going by its headers alone. */
export function isBinary(headers: Readonly<Record<string, unknown>>): boolean {
  for (const name in headers) if (name.startsWith('ce-')) return true;
  return false;
}

const locate: Locate = (name) => ({ header: headerOf(name) });

function headerOf(attribute: string): string {
  return attribute === 'datacontenttype' ? 'content-type' : `ce-${attribute}`;
}

function readHeaders(rawHeaders: readonly string[]): {
  attributes: Record<string, AttributeValue>;
  problems: Problem[];
} {
  const attributes: Record<string, AttributeValue> = {};
  const problems: Problem[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const header = (rawHeaders[at] ?? '').toLowerCase();
    const attribute = header === 'content-type' ? 'datacontenttype' : header.slice('ce-'.length);
    if (header !== 'content-type' && !header.startsWith('ce-')) continue;
    const raw = rawHeaders[at + 1] ?? '';
    if (header === 'ce-datacontenttype') {
      problems.push({ header, detail: 'is sent as Content-Type' });
    } else if (Object.hasOwn(attributes, attribute)) {
      problems.push({ header, detail: 'is given twice' });
    } else {
      const value = header === 'content-type' ? raw : decodeHeader(raw);
      if (value === undefined)
        problems.push({ header, detail: 'must be ASCII, with valid UTF-8 where percent-encoded' });
      attributes[attribute] = value ?? '-';
    }
  }
  return { attributes, problems };
}

/**
 * The text behind a header value (HTTP binding §3.1.3.2): quotes are taken off, then one round of percent-decoding. A
 * percent sign that starts no escape stands for itself. Undefined when the bytes are not UTF-8, or not ASCII to begin
 * with.
 */
function decodeHeader(value: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(value)) return undefined;
  const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
  const text = isQuoted ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text.replace(/%(?![0-9A-Fa-f]{2})/g, '%25'));
  } catch {
    return undefined;
  }
}

function dataOf(body: Buffer, contentType: AttributeValue | undefined): EventData | undefined {
  if (body.length === 0) return undefined;
  if (contentType === undefined || !isJsonType(String(contentType))) return { kind: 'bytes', bytes: body };
  parseJson(body, MAX_DATA_DEPTH);
  return { kind: 'json', bytes: body };
}
