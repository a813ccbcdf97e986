import { type ConfigProblem, describeConfigProblem } from '@millrace/config-files';
import { PlatformError } from '@millrace/core';

/** The configuration cannot be used as a whole. Every problem is in `problems` and, one a line, in the message. */
export class RouteError extends PlatformError<'ROUTES_INVALID'> {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(describeConfigProblem).join('\n  ');
    super('ROUTES_INVALID', `${problems.length} problem(s) in the configuration:\n  ${lines}`, {
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
