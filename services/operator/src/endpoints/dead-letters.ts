import { ProblemError } from '@millrace/runtime';
import { discardDeadLetter, getDeadLetter, type Partitions, redriveDeadLetter } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { personOf } from '../access/require-person.js';
import type { Audit } from '../audit.js';
import { checkInput } from '../check-input.js';
import { deadLetterToJson, summarizeDeadLetter } from '../dead-letter-to-json.js';
import { cursorInvalid, deadLetterNotFound, notRedrivable } from '../error-handler.js';
import { FILTER_FIELDS, toFilter } from '../filter-input.js';
import { PAGE_FIELDS, toPage } from '../page-input.js';
import { listAllDeadLetters } from '../partitions/dead-letters.js';
import { messagesFor } from '../redaction/messages.js';
import type { Redaction } from '../redaction/redaction.js';

/** The page and the filter of a list of dead letters. */
export const listQuery = Type.Object({ ...PAGE_FIELDS, ...FILTER_FIELDS }, { additionalProperties: false });

interface ById {
  readonly Params: { readonly id: string };
}

/**
 * The dead letters: `GET /v1/dead-letters` lists those that a filter accepts, the latest first, `GET /v1/dead-letters/{id}` shows one with its
 * event, `DELETE` gives it up, `POST …/redrive` sends it round again. Of two callers who steer the same one at once, one
 * is told 404.
 */
export function addDeadLetters(app: FastifyInstance, partitions: Partitions, redaction: Redaction, audit: Audit): void {
  // An id begins with the ref; one that is none of ours is none of home's either.
  const partitionOf = (id: string) => partitions.ofRef(id) ?? partitions.home;
  app.get('/v1/dead-letters', async (request) => {
    const { limit, cursor, ...conditions } = checkInput(listQuery, request.query);
    const redactor = redaction.for(personOf(request));
    const filter = toFilter(conditions, '');
    const page = await listAllDeadLetters(partitions, {
      ...toPage({ limit, cursor }),
      filter,
      ...messagesFor(redactor),
    });
    if (page === undefined) throw new ProblemError(cursorInvalid());
    return { ...page, items: page.items.map((letter) => summarizeDeadLetter(redactor.deadLetter(letter))) };
  });

  app.get<ById>('/v1/dead-letters/:id', async (request, reply) => {
    const { params } = request;
    const letter = await getDeadLetter(partitionOf(params.id), params.id);
    if (letter === undefined) throw new ProblemError(deadLetterNotFound());
    return reply
      .type('application/json; charset=utf-8')
      .send(deadLetterToJson(redaction.for(personOf(request)).deadLetter(letter)));
  });

  app.delete<ById>('/v1/dead-letters/:id', async (request, reply) => {
    const { params, ip } = request;
    const answer = await discardDeadLetter(partitionOf(params.id), params.id);
    if (answer === 'not-found') throw new ProblemError(deadLetterNotFound());
    await audit({ action: 'dead-letter.discard', target: params.id, count: 1, from: ip, by: personOf(request).name });
    return reply.code(204).send();
  });

  app.post<ById>('/v1/dead-letters/:id/redrive', async (request, reply) => {
    const { params, ip } = request;
    const letter = await getDeadLetter(partitionOf(params.id), params.id);
    const answer = letter === undefined ? 'not-found' : await redriveDeadLetter(partitionOf(params.id), params.id);
    if (letter === undefined || answer === 'not-found') throw new ProblemError(deadLetterNotFound());
    if (answer === 'not-redrivable') throw new ProblemError(notRedrivable());
    await audit({ action: 'dead-letter.redrive', target: params.id, count: 1, from: ip, by: personOf(request).name });
    const { ref } = letter;
    return reply.code(202).header('location', `/v1/events/${ref}`).send({ ref, id: params.id, state: answer });
  });
}
