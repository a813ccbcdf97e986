import { ProblemError } from '@millrace/runtime';
import {
  discardDeadLetter,
  getDeadLetter,
  listDeadLetters,
  redriveDeadLetter,
  type Stream,
} from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { deadLetterToJson, summarizeDeadLetter } from '../dead-letter-to-json.js';
import { deadLetterNotFound, notRedrivable } from '../error-handler.js';

const pageQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  cursor: Type.Optional(Type.String({ minLength: 1 })),
});

interface ById {
  readonly Params: { readonly id: string };
}

/**
 * The dead letters: `GET /v1/dead-letters` lists them, the latest first, `GET /v1/dead-letters/{id}` shows one with its
 * event, `DELETE` gives it up, `POST …/redrive` sends it round again. Of two callers who steer the same one at once, one
 * is told 404.
 */
export function addDeadLetters(app: FastifyInstance, stream: Stream): void {
  app.get<{ Querystring: Static<typeof pageQuery> }>(
    '/v1/dead-letters',
    { schema: { querystring: pageQuery } },
    async ({ query }) => {
      const page = await listDeadLetters(stream, query);
      if (page === undefined) {
        throw new ProblemError({
          status: 400,
          code: 'CURSOR_INVALID',
          detail: 'the cursor is not one that was given here',
        });
      }
      return { ...page, items: page.items.map(summarizeDeadLetter) };
    },
  );

  app.get<ById>('/v1/dead-letters/:id', async ({ params }, reply) => {
    const letter = await getDeadLetter(stream, params.id);
    if (letter === undefined) throw new ProblemError(deadLetterNotFound());
    return reply.type('application/json; charset=utf-8').send(deadLetterToJson(letter));
  });

  app.delete<ById>('/v1/dead-letters/:id', async ({ params, log }, reply) => {
    const answer = await discardDeadLetter(stream, params.id);
    if (answer === 'not-found') throw new ProblemError(deadLetterNotFound());
    log.info({ deadLetterId: params.id }, 'dead letter given up');
    return reply.code(204).send();
  });

  app.post<ById>('/v1/dead-letters/:id/redrive', async ({ params, log }, reply) => {
    const letter = await getDeadLetter(stream, params.id);
    const answer = letter === undefined ? 'not-found' : await redriveDeadLetter(stream, params.id);
    if (letter === undefined || answer === 'not-found') throw new ProblemError(deadLetterNotFound());
    if (answer === 'not-redrivable') throw new ProblemError(notRedrivable());
    const { ref, delivery } = letter;
    log.info({ ref, route: delivery.route }, 'dead letter redriven');
    return reply.code(202).header('location', `/v1/events/${ref}`).send({ ref, id: params.id, state: answer });
  });
}
