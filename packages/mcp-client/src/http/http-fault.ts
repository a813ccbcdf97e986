/** Why an HTTP request got no reply that can be used. */
export type HttpFaultKind =
  | 'network'
  | 'aborted'
  | 'no-answer'
  | 'unreadable'
  | 'too-large'
  | 'too-deep'
  | 'foreign-origin'
  | 'no-token';

/** An HTTP request that got no usable reply. It never leaves this package: `judgeFault` says what it means. */
export class HttpFault extends Error {
  override readonly name = 'HttpFault';

  constructor(
    readonly kind: HttpFaultKind,
    /** Whether any byte of the request may have reached the server. */
    readonly dispatched: boolean,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? {} : { cause });
  }
}
