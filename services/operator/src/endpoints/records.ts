import { ProblemError } from '@millrace/runtime';
import { type Partitions, readWholeRecord, recordToJson } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { personOf } from '../access/require-person.js';
import type { Audit } from '../audit.js';
import { checkInput } from '../check-input.js';
import { deliveryNotFound, recordNotFound } from '../error-handler.js';
import { cancelWherever } from '../partitions/cancel.js';
import { findCause } from '../partitions/find-cause.js';
import type { Redaction } from '../redaction/redaction.js';

/** Which delivery is cancelled; all where it names none. */
export const cancelQuery = Type.Object(
  { route: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })) },
  { additionalProperties: false },
);

/**
 * `GET /v1/events/{ref}`: the record of an event, as the producer shows it, and what caused it, where that is still
 * known. `POST …/cancel` ends its deliveries that wait
 * for a retry, with `?route=` that one alone, and names those that it had to leave. 404 when the event never was, its
 * record has expired, or it does not have the route.
 */
export function addRecords(app: FastifyInstance, partitions: Partitions, redaction: Redaction, audit: Audit): void {
  app.get<{ Params: { ref: string } }>('/v1/events/:ref', async (request, reply) => {
    const { params } = request;
    const record = await readWholeRecord(partitions, params.ref);
    if (record === undefined) throw new ProblemError(recordNotFound());
    const causedBy = await findCause(partitions, record);
    const text = recordToJson(redaction.for(personOf(request)).record(record));
    const whole = causedBy === undefined ? text : `${text.slice(0, -1)},"causedBy":${JSON.stringify(causedBy)}}`;
    return reply.type('application/json; charset=utf-8').send(whole);
  });

  app.post<{ Params: { ref: string } }>('/v1/events/:ref/cancel', async (request) => {
    const {
      params: { ref },
      query,
      ip,
    } = request;
    const { route } = checkInput(cancelQuery, query);
    const cancellation = await cancelWherever(partitions, ref, route);
    if (cancellation === undefined) throw new ProblemError(route === undefined ? recordNotFound() : deliveryNotFound());
    const count = cancellation.cancelled.length;
    const target = route === undefined ? ref : `${ref}.${route}`;
    if (count > 0) await audit({ action: 'event.cancel', target, count, from: ip, by: personOf(request).name });
    return { ref, ...cancellation };
  });
}
