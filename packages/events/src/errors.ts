import { PlatformError } from '@millrace/core';

/**
 * Why an event was refused. EVENT_MALFORMED: not JSON, not UTF-8, or not the shape of its mode. EVENT_TOO_DEEP: nested
 * or populated past the limits. EVENT_TOO_LARGE: more bytes than allowed. EVENT_INVALID: an attribute is missing or
 * breaks CloudEvents 1.0. MEDIA_TYPE_UNSUPPORTED: no mode has this content type.
 */
export type EventErrorCode =
  | 'EVENT_MALFORMED'
  | 'EVENT_TOO_DEEP'
  | 'EVENT_TOO_LARGE'
  | 'EVENT_INVALID'
  | 'MEDIA_TYPE_UNSUPPORTED';

/** One thing that is wrong, where: a JSON Pointer (RFC 6901) into the body, or a header name. */
export interface Problem {
  readonly pointer?: string;
  readonly header?: string;
  readonly detail: string;
}

/** The sender has to change the event; sending it again as it is will fail again. */
export class EventError extends PlatformError<EventErrorCode> {
  readonly problems: readonly Problem[];

  constructor(code: EventErrorCode, message: string, problems: readonly Problem[] = []) {
    super(code, message, { details: { problems } });
    this.problems = problems;
  }
}
