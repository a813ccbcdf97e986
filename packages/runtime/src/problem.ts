import { STATUS_CODES } from 'node:http';
import { PlatformError } from '@millrace/core';

/** What is wrong, where: a JSON Pointer (RFC 6901) into the body, or a header name. */
export interface ProblemItem {
  readonly pointer?: string;
  readonly header?: string;
  readonly detail: string;
}

/** A refusal over HTTP before it is rendered. `code` is UPPER_SNAKE and stable; callers branch on it. */
export interface Problem {
  /** The HTTP status, 400 to 599. */
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly ProblemItem[];
  /** Sent as Retry-After, in whole seconds. Required by our contract on 429 and 503. */
  readonly retryAfterSeconds?: number;
  /** Further response headers, such as Allow or WWW-Authenticate. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the document, such as the ref of the event that was there first. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** Content type of every refusal. */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** A refusal, thrown where it is found. Whatever else is thrown is turned into a problem by the service, or is a bug. */
export class ProblemError extends PlatformError {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.code, problem.detail, { retryable: problem.retryAfterSeconds !== undefined });
    this.problem = problem;
  }
}

/**
 * The document of a problem as RFC 9457 has it: `type` is a URI of ours that never changes for a code, `title` is the
 * code in words, `status` repeats the HTTP status.
 */
export function describeProblem(problem: Problem): Readonly<Record<string, unknown>> {
  const words = problem.code.toLowerCase().replaceAll('_', ' ');
  return {
    type: `https://millrace.dev/problems/${words.replaceAll(' ', '-')}`,
    title: words.charAt(0).toUpperCase() + words.slice(1),
    status: problem.status,
    detail: problem.detail,
    code: problem.code,
    ...(problem.errors === undefined || problem.errors.length === 0 ? {} : { errors: problem.errors }),
    ...problem.members,
  };
}

/** A whole HTTP/1.1 answer to what never became a request that the framework could answer. It ends the connection. */
export function renderRawProblem(problem: Problem): string {
  const body = JSON.stringify(describeProblem(problem));
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
