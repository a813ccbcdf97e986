import { checkAttributes, type Locate } from './attributes.js';
import { EventError, type Problem } from './errors.js';
import type { AttributeValue, Event, EventData } from './event.js';
import { MAX_DATA_DEPTH } from './limits.js';
import { isJsonType } from './media-type.js';
import { parseJson } from './parse-json.js';
import { eventOf } from './parse-structured.js';

/**
 * An event from its attributes and a body that is its data, byte for byte. Data with a JSON content type
 * (`datacontenttype`) must be JSON; any other content type is bytes to us, and an empty body is no data. `locate` says
 * where the sender put an attribute. Throws `EventError` with every problem at once, `moreProblems` among them.
 */
export function createEvent(
  attributes: Readonly<Record<string, AttributeValue>>,
  body: Buffer,
  locate: Locate,
  moreProblems: readonly Problem[] = [],
): Event {
  const problems = [...moreProblems, ...checkAttributes(attributes, locate)];
  if (problems.length > 0) throw new EventError('EVENT_INVALID', 'the event breaks CloudEvents 1.0', problems);
  return eventOf(attributes, dataOf(body, attributes.datacontenttype));
}

function dataOf(body: Buffer, contentType: AttributeValue | undefined): EventData | undefined {
  if (body.length === 0) return undefined;
  if (contentType === undefined || !isJsonType(String(contentType))) return { kind: 'bytes', bytes: body };
  parseJson(body, MAX_DATA_DEPTH);
  return { kind: 'json', bytes: body };
}
