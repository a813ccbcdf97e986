import { hash } from 'node:crypto';
import { FROM_ATTRIBUTE, ONLY_ROUTE_ATTRIBUTE } from './departure.js';
import { type Event, textOf } from './event.js';

/**
 * What makes two events the same one: `source` and `id` (CloudEvents 1.0 §3.1.1), as 22 characters of base64url. Two
 * different pairs never share an identity in practice (128 bits of SHA-256). A delivery that moved to another partition is
 * not the event that it is of: its identity is where it came from, and its route.
 */
export function identityOf({
  source,
  id,
  attributes,
}: Pick<Event, 'source' | 'id'> & Partial<Pick<Event, 'attributes'>>): string {
  const route = attributes?.[ONLY_ROUTE_ATTRIBUTE];
  if (route !== undefined) return digest(`moved ${attributes?.[FROM_ATTRIBUTE]} ${route}`);
  return digest(`${source.length}:${source}${id}`);
}

/**
 * A digest of the content that a repeated `source` + `id` must match, as 22 characters of base64url. Left out are the
 * trace context, which a retrying client may renew, and the attributes named in `filledIn`, which we added ourselves.
 */
export function contentHashOf(event: Event, filledIn: ReadonlySet<string> = NOTHING): string {
  const { attributes, data } = event;
  let text = '';
  for (const name of inOrder(Object.keys(attributes))) {
    if (name === 'traceparent' || name === 'tracestate' || filledIn.has(name)) continue;
    const value = attributes[name];
    text += `${name}${typeof value === 'string' ? '\0string\0' : `\0${typeof value}\0`}${value}\0`;
  }
  if (data === undefined) return digest(text);
  // JSON is UTF-8: as text it comes to the same bytes, and costs less than joining Buffers does.
  if (data.kind === 'json') return digest(`${text}\0json\0${textOf(data)}`);
  return digest(Buffer.concat([Buffer.from(`${text}\0${data.kind}\0`), data.bytes]));
}

const NOTHING: ReadonlySet<string> = new Set();
const FEW = 16;

/** Sorts names in place, by their UTF-16 code units. A few are sorted faster by hand than a sort is begun. */
function inOrder(names: string[]): readonly string[] {
  if (names.length > FEW) return names.sort();
  for (let next = 1; next < names.length; next++) {
    const name = names[next] as string;
    let at = next - 1;
    while (at >= 0 && (names[at] as string) > name) {
      names[at + 1] = names[at] as string;
      at--;
    }
    names[at + 1] = name;
  }
  return names;
}

// In one call: a hash object costs several times what hashing an event does.
function digest(content: string | Buffer): string {
  return hash('sha256', content, 'base64url').slice(0, 22);
}
