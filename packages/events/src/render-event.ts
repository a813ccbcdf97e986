import type { Event } from './event.js';

/**
 * An event as JSON text in structured mode, for HTTP answers and for those who handle the event. JSON data stand in it
 * byte for byte as they were sent; other data as `data_base64`. Parsing the text as structured mode gives the same
 * event again, except that whitespace around JSON data in a binary-mode body is no longer part of them.
 */
export function renderEvent(event: Event): string {
  const attributes = JSON.stringify(event.attributes).slice(0, -1);
  if (event.data === undefined) return `${attributes}}`;
  if (event.data.kind === 'json') return `${attributes},"data":${event.data.bytes.toString('utf8')}}`;
  return `${attributes},"data_base64":"${event.data.bytes.toString('base64')}"}`;
}
