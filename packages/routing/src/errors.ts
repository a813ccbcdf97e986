import { PlatformError } from '@millrace/core';

/** One thing that is wrong in a configuration file, where, and what would mend it. */
export interface ConfigProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** JSON Pointer (RFC 6901) into the file. */
  readonly pointer: string;
  readonly detail: string;
}

/** The configuration cannot be used as a whole. Every problem is in `problems` and, one a line, in the message. */
export class RouteError extends PlatformError<'ROUTES_INVALID'> {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ file, line, pointer, detail }) => `${file}:${line} ${pointer || '/'}: ${detail}`);
    super('ROUTES_INVALID', `${problems.length} problem(s) in the configuration:\n  ${lines.join('\n  ')}`, {
      details: { problems },
    });
    this.problems = problems;
  }
}

/**
 * EXPRESSION_FAILED: it will fail on this event every time. EXPRESSION_TIMED_OUT: it took longer than its limit, which a
 * machine without time to spare can cause too, so it may be tried again.
 */
export type ExpressionErrorCode = 'EXPRESSION_FAILED' | 'EXPRESSION_TIMED_OUT';

/** An expression of a route could not be evaluated on an event. */
export class ExpressionError extends PlatformError<ExpressionErrorCode> {
  constructor(code: ExpressionErrorCode, message: string, cause?: unknown) {
    super(code, message, { retryable: code === 'EXPRESSION_TIMED_OUT', ...(cause === undefined ? {} : { cause }) });
  }
}
