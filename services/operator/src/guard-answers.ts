import type { FastifyInstance } from 'fastify';

/** An answer that a browser is led to shows itself and nothing else: it loads nothing, and stands in no frame. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'";

/**
 * Adds headers that keep a browser from making more of an answer than it is: none is taken for another type than it says,
 * and JSON, refusals among it, loads nothing. Pages have a policy of their own.
 */
export function guardAnswers(app: FastifyInstance): void {
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    const type = String(reply.getHeader('content-type') ?? '');
    if (/^application\/(?:[a-z.-]+\+)?json\b/.test(type))
      reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
  });
}
