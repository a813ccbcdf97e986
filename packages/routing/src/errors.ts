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

/** An expression failed on this event: it will fail on it every time. */
export class ExpressionError extends PlatformError<'EXPRESSION_FAILED'> {
  constructor(message: string, cause?: unknown) {
    super('EXPRESSION_FAILED', message, cause === undefined ? {} : { cause });
  }
}
