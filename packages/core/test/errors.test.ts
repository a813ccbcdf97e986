import { describe, expect, it } from '@jest/globals';
import { describeError, PlatformError } from '@millrace/core';

describe('describeError', () => {
  it('keeps code, message, retryability and the message of the cause', () => {
    const error = new PlatformError('STREAM_UNAVAILABLE', 'Redis did not answer within 2000 ms', {
      retryable: true,
      cause: new Error('connect ECONNREFUSED'),
    });
    expect(describeError(error)).toEqual({
      code: 'STREAM_UNAVAILABLE',
      message: 'Redis did not answer within 2000 ms',
      retryable: true,
      cause: 'connect ECONNREFUSED',
    });
  });

  it('calls anything else UNEXPECTED and not retryable', () => {
    expect(describeError(new TypeError('x is not a function'))).toMatchObject({ code: 'UNEXPECTED', retryable: false });
    expect(describeError('a string')).toMatchObject({ code: 'UNEXPECTED', message: 'a string' });
    expect(describeError(undefined)).toMatchObject({ message: 'nothing was thrown' });
  });
});
