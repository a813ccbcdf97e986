import { ProblemError } from '@millrace/runtime';
import { resolveDeadLetter, type Stream } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Audit } from '../audit.js';
import { checkInput } from '../check-input.js';
import { deadLetterNotFound } from '../error-handler.js';

const resolveBody = Type.Object({ result: Type.Optional(Type.Unknown()) }, { additionalProperties: false });

/**
 * `POST /v1/dead-letters/{id}/resolve`: a person's word that the delivery is done. The body may bring the `result` that
 * the record shall show, any JSON. 404 when there is no such dead letter any more.
 */
export function addResolve(app: FastifyInstance, stream: Stream, audit: Audit): void {
  app.post<{ Params: { id: string } }>('/v1/dead-letters/:id/resolve', async ({ params: { id }, body, ip }) => {
    const { result } = checkInput(resolveBody, body ?? {});
    const letter = await resolveDeadLetter(stream, id, result);
    if (letter === undefined) throw new ProblemError(deadLetterNotFound());
    await audit({ action: 'dead-letter.resolve', target: id, count: 1, from: ip });
    const { ref, delivery } = letter;
    return { ref, id, state: 'done', resolvedFrom: delivery.reason };
  });
}
