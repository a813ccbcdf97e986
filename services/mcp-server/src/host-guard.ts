import { validateHostHeader, validateOriginHeader } from '@modelcontextprotocol/server';
import type { FastifyInstance } from 'fastify';
import { refuseMessage } from './answer.js';

/**
 * Refuses requests whose `Host`, or `Origin` if there is one, names a host that is not allowed: a web page that has had
 * its name re-bound to this address must not reach it (MCP specification, Streamable HTTP, security warning).
 */
export function guardHosts(app: FastifyInstance, allowedHosts: readonly string[]): void {
  const allowed = [...allowedHosts];
  app.addHook('onRequest', (request, reply, done) => {
    const host = validateHostHeader(request.headers.host, allowed);
    const origin = validateOriginHeader(request.headers.origin, allowed);
    const refusal = host.ok ? origin : host;
    if (refusal.ok) done();
    else refuseMessage(reply, 403, -32_000, refusal.message);
  });
}
