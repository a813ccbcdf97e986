import { PlatformError } from '@millrace/core';

/**
 * STREAM_UNAVAILABLE: Redis did not answer, or refused; whether the write happened is unknown, so repeat it with the
 * same identity. STREAM_OVERLOADED: too many appends wait in this process; nothing was written. STREAM_GROUP_MISSING:
 * the consumer group is gone. STREAM_NOT_DURABLE: Redis answered, but what is written there at the moment may be lost;
 * repeat it with the same identity. STREAM_MOVED: the event belongs to another partition by now; nothing was written.
 * STREAM_UNSUITABLE: Redis is not configured for what the deployment asks of it, and the
 * process does not start.
 */
export type StreamErrorCode =
  | 'STREAM_UNAVAILABLE'
  | 'STREAM_OVERLOADED'
  | 'STREAM_GROUP_MISSING'
  | 'STREAM_NOT_DURABLE'
  | 'STREAM_MOVED'
  | 'STREAM_UNSUITABLE';

/** The stream could not do its part. Retryable except STREAM_UNSUITABLE, which an operator has to mend. */
export class StreamError extends PlatformError<StreamErrorCode> {
  constructor(code: StreamErrorCode, message: string, cause?: unknown) {
    super(code, message, { retryable: code !== 'STREAM_UNSUITABLE', ...(cause === undefined ? {} : { cause }) });
  }
}
