import type { Violations } from '@millrace/config-files';
import type { PlatformError } from '@millrace/core';
import { EventError, type EventErrorCode } from '@millrace/events';
import type { Problem } from '@millrace/runtime';
import { StreamError } from '@millrace/stream-client';

const STATUS_OF: Readonly<Record<EventErrorCode, number>> = {
  EVENT_MALFORMED: 400,
  EVENT_TOO_DEEP: 400,
  EVENT_TOO_LARGE: 413,
  EVENT_INVALID: 400,
  MEDIA_TYPE_UNSUPPORTED: 415,
};

/** Senders come back after this long, in seconds: an append that failed fast must not come back as a hammer. */
const RETRY_AFTER_SECONDS = 2;

/** What a caller is told about an error of ours. Undefined: nothing a caller does may cause it. */
export function problemFor(error: PlatformError): Problem | undefined {
  if (error instanceof EventError) {
    return { status: STATUS_OF[error.code], code: error.code, detail: error.message, errors: error.problems };
  }
  if (error instanceof StreamError) {
    const detail = 'the stream cannot take or show events at the moment; sending the same event again is safe';
    return { status: 503, code: error.code, detail, retryAfterSeconds: RETRY_AFTER_SECONDS };
  }
  return undefined;
}

/** The refusal of an event whose data are not as the schema of its type has them. */
export function schemaProblem(type: string, { count, first }: Violations): Problem {
  const listed = count > first.length ? `; the first ${first.length} are listed` : '';
  // A type that has a schema is named after a file: it is short, and its sender knew it.
  const detail = `the data do not match the schema of ${type}: ${count} problem(s)${listed}`;
  return { status: 422, code: 'EVENT_SCHEMA_MISMATCH', detail, errors: first };
}

/** The refusal of an event that has an attribute which is ours to write. */
export function reservedProblem(attribute: string): Problem {
  const errors = [{ pointer: `/${attribute}`, detail: 'is written by Millrace alone; leave it out' }];
  return { status: 400, code: 'EVENT_INVALID', detail: `the event has the attribute ${attribute}`, errors };
}

/** The refusal of an event whose source and id were taken by other content. */
export function conflictProblem(ref: string): Problem {
  const detail = 'an event with this source and id was accepted with other content; its ref is given';
  return { status: 409, code: 'EVENT_CONFLICT', detail, members: { ref } };
}

/** The refusal of an event while too much work is open. */
export function backlogProblem(limit: number): Problem {
  const detail = `${limit} deliveries or more are open, which is the limit; the event was not stored`;
  return { status: 503, code: 'STREAM_BACKLOG_FULL', detail, retryAfterSeconds: RETRY_AFTER_SECONDS };
}

/** The refusal of an event while Redis is nearly full. */
export function memoryProblem(): Problem {
  const detail = 'Redis is nearly full, and what it holds needs the rest; the event was not stored';
  return { status: 503, code: 'STREAM_MEMORY_HIGH', detail, retryAfterSeconds: RETRY_AFTER_SECONDS };
}
