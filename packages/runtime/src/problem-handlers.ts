import type { Socket } from 'node:net';
import { PlatformError } from '@millrace/core';
import type { ConnectionError, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { describeProblem, PROBLEM_TYPE, type Problem, ProblemError, renderRawProblem } from './problem.js';

export interface ProblemHandling {
  /** The refusal that stands for one of our errors; undefined when nothing a caller does may cause it. */
  readonly problemFor: (error: PlatformError) => Problem | undefined;
  /** Told about every problem that was answered, for counting. */
  readonly onProblem?: (request: FastifyRequest, problem: Problem) => void;
}

/**
 * Makes every refusal of an app an RFC 9457 problem: what handlers throw, what Fastify refuses, unknown paths (404) and
 * known paths with another method (405 with Allow). Anything unknown is a bug: it is logged whole and answered with a
 * 500 that tells nothing. Call before routes are added, and build the app with `problemServerOptions`.
 */
export function addProblemHandlers(app: FastifyInstance, handling: ProblemHandling): void {
  const paths = collectPaths(app);
  const answer = (request: FastifyRequest, reply: FastifyReply, problem: Problem) => {
    handling.onProblem?.(request, problem);
    return sendProblem(reply, problem);
  };
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = toProblem(error, handling);
    if (problem.status === 500) request.log.error({ err: error }, 'a request failed for a reason nobody planned for');
    return answer(request, reply, problem);
  });
  app.setNotFoundHandler((request, reply) => answer(request, reply, findPathProblem(request, paths)));
}

/** Sends a problem: its status, headers and document. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.headers !== undefined) reply.headers(problem.headers);
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', String(problem.retryAfterSeconds));
  return reply
    .code(problem.status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(describeProblem(problem)));
}

/** Options for `fastify()`: refusals that never reach a handler, such as broken HTTP or a path that cannot be decoded. */
export const problemServerOptions = {
  clientErrorHandler: (error: ConnectionError, socket: Socket) => {
    if (socket.writable && error.code !== 'ECONNRESET') socket.write(renderRawProblem(badHttp(error.code)));
    socket.destroy(error);
  },
  frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
    sendProblem(reply, { status: 400, code: 'REQUEST_MALFORMED', detail: error.message });
  },
};

function toProblem(error: FastifyError | PlatformError, handling: ProblemHandling): Problem {
  if (error instanceof ProblemError) return error.problem;
  const problem = error instanceof PlatformError ? handling.problemFor(error) : frameworkProblem(error);
  return problem ?? { status: 500, code: 'INTERNAL', detail: 'something went wrong here; it has been logged' };
}

function frameworkProblem(error: FastifyError): Problem | undefined {
  const { statusCode: status, message: detail } = error;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { status: 413, code: 'BODY_TOO_LARGE', detail: 'the body is larger than allowed' };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return { status: 415, code: 'MEDIA_TYPE_UNSUPPORTED', detail: 'the content type is not one that is taken here' };
    case 'FST_ERR_VALIDATION':
      return { status: 400, code: 'REQUEST_INVALID', detail };
    default: {
      const isCallersMistake = status !== undefined && status >= 400 && status < 500;
      return isCallersMistake ? { status, code: 'REQUEST_MALFORMED', detail } : undefined;
    }
  }
}

function badHttp(code: string): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, code: 'HEADERS_TOO_LARGE', detail: 'the headers are larger than allowed' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, code: 'REQUEST_TIMEOUT', detail: 'the request did not arrive in time' };
    default:
      return { status: 400, code: 'HTTP_MALFORMED', detail: 'this is not HTTP/1.1 as RFC 9112 has it' };
  }
}

interface KnownPath {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

function collectPaths(app: FastifyInstance): ReadonlyMap<string, KnownPath> {
  const paths = new Map<string, KnownPath>();
  app.addHook('onRoute', ({ url, method }) => {
    const source = url.replace(/[.+?^$()|[\]{}\\]/g, '\\$&').replace(/:[^/]+/g, '[^/]+');
    const known = paths.get(url) ?? { pattern: new RegExp(`^${source.replaceAll('*', '.*')}$`), methods: new Set() };
    for (const one of [method].flat()) known.methods.add(one);
    paths.set(url, known);
  });
  return paths;
}

function findPathProblem(request: FastifyRequest, paths: ReadonlyMap<string, KnownPath>): Problem {
  const path = request.url.split('?', 1)[0] ?? '';
  const methods = new Set(
    [...paths.values()].filter(({ pattern }) => pattern.test(path)).flatMap((known) => [...known.methods]),
  );
  if (methods.size === 0) return { status: 404, code: 'PATH_UNKNOWN', detail: 'there is nothing at this path' };
  const allow = [...methods].join(', ');
  return {
    status: 405,
    code: 'METHOD_NOT_ALLOWED',
    detail: `this path takes ${allow}`,
    headers: { allow },
  };
}
