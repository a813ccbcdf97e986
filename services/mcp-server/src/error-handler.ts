import type { PlatformError } from '@millrace/core';
import type { Problem } from '@millrace/runtime';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { refuseMessage } from './answer.js';
import { MockError } from './errors.js';

/** The refusal for what somebody sent to `/faults` or asked of `/witness`; everything else is a bug, or a full disk. */
export function problemFor(error: PlatformError): Problem | undefined {
  if (!(error instanceof MockError) || error.problems.length === 0) return undefined;
  return { status: 400, code: error.code, detail: error.message, errors: error.problems };
}

/** Errors of `/mcp` outside the protocol's own: a body that is no JSON, or a witness that cannot be written. */
export function sendRpcError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const status = error.statusCode ?? 500;
  const code = status >= 500 ? -32_603 : status === 400 ? -32_700 : -32_600;
  if (status >= 500) request.log.error({ err: error }, 'an MCP request failed');
  refuseMessage(reply, status, code, status >= 500 ? 'Internal error' : error.message);
}
