import type { PlatformError } from '@millrace/core';
import type { Problem } from '@millrace/runtime';
import { StreamError } from '@millrace/stream-client';

/** Callers come back after this long, in seconds. */
const RETRY_AFTER_SECONDS = 2;

/** What a caller is told about an error of ours. Undefined: nothing a caller does may cause it. */
export function problemFor(error: PlatformError): Problem | undefined {
  if (!(error instanceof StreamError)) return undefined;
  const detail = 'Redis did not answer; what was asked may or may not have been done, look before asking again';
  return { status: 503, code: error.code, detail, retryAfterSeconds: RETRY_AFTER_SECONDS };
}

/** The refusal of a ref that never was, or whose record has expired. */
export function recordNotFound(): Problem {
  return { status: 404, code: 'RECORD_NOT_FOUND', detail: 'no event has this ref, or its record has expired' };
}

/** The refusal of an id under which there is no dead letter: there never was, or somebody was faster. */
export function deadLetterNotFound(): Problem {
  const detail = 'there is no dead letter with this id; it may have been redriven or given up meanwhile';
  return { status: 404, code: 'DEAD_LETTER_NOT_FOUND', detail };
}

/** The refusal to send round again what no consumer can read. */
export function notRedrivable(): Problem {
  const detail = 'the entry could not be decoded, and would not be the second time either; it can only be given up';
  return { status: 409, code: 'DEAD_LETTER_NOT_REDRIVABLE', detail };
}
