import type { Locate } from './attributes.js';
import { createEvent } from './create-event.js';
import type { Problem } from './errors.js';
import type { AttributeValue, Event } from './event.js';

/**
 * An event in binary mode: attributes in `ce-` headers, data in the body (CloudEvents HTTP binding 1.0 §3.1). The
 * headers come as Node gives them in `rawHeaders`, name and value by turns, so that a header given twice is seen. All
 * attributes are strings. Data with a JSON content type must be JSON; any other content type is bytes to us, and an
 * empty body is no data. Throws `EventError` with every problem at once.
 */
export function parseBinary(rawHeaders: readonly string[], body: Buffer): Event {
  const { attributes, problems } = readHeaders(rawHeaders);
  return createEvent(attributes, body, locate, problems);
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
