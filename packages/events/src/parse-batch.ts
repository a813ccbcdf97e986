import { EventError, type Problem } from './errors.js';
import { MAX_BATCH_EVENTS, MAX_EVENT_BYTES } from './limits.js';
import { type ReadEvent, readStructured } from './parse-structured.js';
import { scanJson } from './scan-json.js';

const CLOSE_ARRAY = 0x5d;

/**
 * A batch (`application/cloudevents-batch+json`): for each element, in order, its event or why it is refused, with
 * pointers from the root of the batch. What makes the text as a whole doubtful refuses it as a whole: throws
 * `EventError` EVENT_MALFORMED when it is no JSON array of objects, EVENT_TOO_LARGE past 1,000 events.
 */
export function parseBatch(body: Buffer, maxEventBytes: number = MAX_EVENT_BYTES): readonly (ReadEvent | EventError)[] {
  const elements = scanJson(body, { maxDepth: Infinity, maxValues: Infinity, guardNames: false });
  const isArray = body.toString('latin1', 0, 64).trimStart().startsWith('[') && lastByteOf(body) === CLOSE_ARRAY;
  if (!isArray || elements.some(({ name }) => name !== undefined)) {
    throw new EventError('EVENT_MALFORMED', 'a batch is a JSON array of events');
  }
  if (elements.length > MAX_BATCH_EVENTS) {
    throw new EventError('EVENT_TOO_LARGE', `${elements.length} events, the limit is ${MAX_BATCH_EVENTS} in a batch`);
  }
  return elements.map(({ start, end }, index) => parseElement(body.subarray(start, end), index, maxEventBytes));
}

function parseElement(element: Buffer, index: number, maxEventBytes: number): ReadEvent | EventError {
  try {
    if (element.length > maxEventBytes) {
      throw new EventError('EVENT_TOO_LARGE', `${element.length} bytes, the limit is ${maxEventBytes}`);
    }
    return readStructured(element);
  } catch (error) {
    if (!(error instanceof EventError)) throw error;
    const refusal = new EventError(error.code, error.message, problemsAt(index, error));
    if (error.code === 'EVENT_MALFORMED') throw refusal;
    return refusal;
  }
}

function problemsAt(index: number, error: EventError): readonly Problem[] {
  if (error.problems.length === 0) return [{ pointer: `/${index}`, detail: error.message }];
  return error.problems.map(({ pointer, detail }) => ({ pointer: `/${index}${pointer ?? ''}`, detail }));
}

function lastByteOf(body: Buffer): number | undefined {
  let at = body.length - 1;
  while (at >= 0 && (body[at] ?? 0) <= 0x20) at--;
  return body[at];
}
