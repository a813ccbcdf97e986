import { EventError, type Problem } from './errors.js';
import { MAX_BATCH_EVENTS, MAX_EVENT_BYTES, MAX_VALUES } from './limits.js';
import { MemberList } from './member-list.js';
import { JsonText, parseText } from './parse-json.js';
import { envelopeOf, MAX_EVENT_DEPTH, type ReadEvent, readEvent } from './parse-structured.js';
import { type ScanLimits, scanValue, skipSpace } from './scan-json.js';

const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const COMMA = 0x2c;

const LIMITS: ScanLimits = { maxDepth: MAX_EVENT_DEPTH, maxValues: MAX_VALUES };
const NO_LIMITS: ScanLimits = { maxDepth: Infinity, maxValues: Infinity, guardNames: false };

/**
 * A batch (`application/cloudevents-batch+json`): for each element, in order, its event or why it is refused, with
 * pointers from the root of the batch. What makes the text as a whole doubtful refuses it as a whole: throws
 * `EventError` EVENT_MALFORMED when it is no JSON array of objects, EVENT_TOO_LARGE past 1,000 events.
 */
export function parseBatch(body: Buffer, maxEventBytes: number = MAX_EVENT_BYTES): readonly (ReadEvent | EventError)[] {
  const text = new JsonText(body);
  const results: (ReadEvent | EventError)[] = [];
  const open = skipSpace(body, 0);
  if (body[open] !== OPEN_ARRAY) throw noArray();
  let at = skipSpace(body, open + 1);
  let isOver = body[at] === CLOSE_ARRAY;
  if (isOver) at = skipSpace(body, at + 1);
  while (!isOver) {
    if (results.length === MAX_BATCH_EVENTS)
      throw new EventError('EVENT_TOO_LARGE', `more than ${MAX_BATCH_EVENTS} events, the limit in a batch`);
    const { end, result } = readElement(text, at, results.length, maxEventBytes);
    results.push(result);
    const next = skipSpace(body, end);
    isOver = body[next] === CLOSE_ARRAY;
    if (!isOver && body[next] !== COMMA) throw noArray();
    at = skipSpace(body, next + 1);
  }
  if (at < body.length) throw noArray();
  return results;
}

/** What stands at a place of a batch, and where it ends. */
interface Element {
  readonly end: number;
  readonly result: ReadEvent | EventError;
}

function readElement(text: JsonText, start: number, index: number, maxEventBytes: number): Element {
  const { bytes } = text;
  if (bytes[start] !== OPEN_OBJECT)
    throw refusalAt(index, new EventError('EVENT_MALFORMED', 'an event in JSON is an object'));
  const members = new MemberList();
  let end: number;
  try {
    end = scanValue(bytes, start, LIMITS, members);
  } catch (error) {
    end = scanValue(bytes, start, NO_LIMITS, new MemberList());
    return {
      end,
      result: end - start > maxEventBytes ? tooLarge(index, end - start, maxEventBytes) : refuse(index, error),
    };
  }
  if (end - start > maxEventBytes) return { end, result: tooLarge(index, end - start, maxEventBytes) };
  try {
    const value = parseText(text.slice(start, end));
    return { end, result: readEvent(envelopeOf({ value, members: members.list }, text)) };
  } catch (error) {
    return { end, result: refuse(index, error) };
  }
}

function tooLarge(index: number, size: number, limit: number): EventError {
  return refusalAt(index, new EventError('EVENT_TOO_LARGE', `${size} bytes, the limit is ${limit}`));
}

/** The refusal of one element; throws what refuses the whole batch. */
function refuse(index: number, error: unknown): EventError {
  if (!(error instanceof EventError)) throw error;
  const refusal = refusalAt(index, error);
  if (error.code === 'EVENT_MALFORMED') throw refusal;
  return refusal;
}

function refusalAt(index: number, error: EventError): EventError {
  return new EventError(error.code, error.message, problemsAt(index, error));
}

function problemsAt(index: number, error: EventError): readonly Problem[] {
  if (error.problems.length === 0) return [{ pointer: `/${index}`, detail: error.message }];
  return error.problems.map(({ pointer, detail }) => ({ pointer: `/${index}${pointer ?? ''}`, detail }));
}

function noArray(): EventError {
  return new EventError('EVENT_MALFORMED', 'a batch is a JSON array of events');
}
