import { ProblemError, unauthenticated } from '@millrace/runtime';
import type { FastifyInstance } from 'fastify';
import type { Access } from './access.js';
import { chargeSender, type Sender } from './sender.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends. Undefined: nobody was asked. */
    sender: Sender | undefined;
  }
}

/**
 * Lets the holder of a key in, within the rate of that key, before a body is read: 401 without a key that is known, 429
 * past the rate. Every request counts as one event.
 */
export function admitSenders(app: FastifyInstance, access: Access): void {
  app.decorateRequest('sender', undefined);
  app.addHook('onRequest', (request, _reply, done) => {
    const { keyRing } = access.rules;
    if (keyRing === undefined) return done();
    const sender = keyRing.find(request.headers.authorization);
    if (sender === undefined) return done(new ProblemError(unauthenticated()));
    request.sender = sender;
    const refusal = chargeSender(sender);
    done(refusal === undefined ? undefined : new ProblemError(refusal));
  });
}
