import { inspect } from 'node:util';

/** What a caller may branch on: a stable code, and whether the same request may succeed later. */
export interface PlatformErrorOptions {
  /** Whether the same request may succeed later without anybody changing anything. Default false. */
  readonly retryable?: boolean;
  /** Facts for a person or a log line. Never secrets, never event data. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The one base of every error this project throws on purpose. Branch on `code`, never on the message: codes are
 * UPPER_SNAKE, listed once per package and never renamed. An error that is not a `PlatformError` is a bug.
 */
export class PlatformError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, options: PlatformErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }
}

/** An error as plain data, safe to log or to keep in a record: no stack, no cause objects, causes as text. */
export interface ErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly cause?: string;
}

/** Describes anything thrown. What is not a `PlatformError` gets the code `UNEXPECTED`. */
export function describeError(error: unknown): ErrorFacts {
  const cause = error instanceof Error ? messageOf(error.cause) : undefined;
  return {
    code: error instanceof PlatformError ? error.code : 'UNEXPECTED',
    message: messageOf(error) ?? 'nothing was thrown',
    retryable: error instanceof PlatformError && error.retryable,
    ...(cause === undefined ? {} : { cause }),
  };
}

function messageOf(thrown: unknown): string | undefined {
  if (thrown === undefined || thrown === null) return undefined;
  if (thrown instanceof Error) return thrown.message;
  return typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 1 });
}
