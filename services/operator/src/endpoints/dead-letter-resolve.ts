import { ProblemError } from '@millrace/runtime';
import { type Partitions, resolveDeadLetter } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { personOf } from '../access/require-person.js';
import type { Audit } from '../audit.js';
import { checkInput } from '../check-input.js';
import { deadLetterNotFound } from '../error-handler.js';

/** What a person says who declares a delivery done. */
export const resolveBody = Type.Object(
  {
    result: Type.Optional(Type.Unknown()),
    note: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
  },
  { additionalProperties: false },
);

/**
 * `POST /v1/dead-letters/{id}/resolve`: a person's word that the delivery is done. The body may bring the `result` that
 * the record shall show, any JSON, and a `note` for the record and the audit list. 404 when there is no such dead letter any more.
 */
export function addResolve(app: FastifyInstance, partitions: Partitions, audit: Audit): void {
  app.post<{ Params: { id: string } }>('/v1/dead-letters/:id/resolve', async (request) => {
    const {
      params: { id },
      body,
      ip,
    } = request;
    const said = checkInput(resolveBody, body ?? {});
    const letter = await resolveDeadLetter(partitions.ofRef(id) ?? partitions.home, id, said);
    if (letter === undefined) throw new ProblemError(deadLetterNotFound());
    const note = said.note === undefined ? {} : { note: said.note };
    await audit({ action: 'dead-letter.resolve', target: id, count: 1, from: ip, by: personOf(request).name, ...note });
    const { ref, delivery } = letter;
    return { ref, id, state: 'done', resolvedFrom: delivery.reason };
  });
}
