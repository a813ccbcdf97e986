import { ProblemError } from '@millrace/runtime';
import { cancelEvent, readRecord, recordToJson, type Stream } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import type { Audit } from '../audit.js';
import { recordNotFound } from '../error-handler.js';

/**
 * `GET /v1/events/{ref}`: the record of an event, as the producer shows it. `POST …/cancel` ends its deliveries that wait
 * for a retry, and names those that it had to leave. 404 when the event never was or its record has expired.
 */
export function addRecords(app: FastifyInstance, stream: Stream, audit: Audit): void {
  app.get<{ Params: { ref: string } }>('/v1/events/:ref', async ({ params }, reply) => {
    const record = await readRecord(stream, params.ref);
    if (record === undefined) throw new ProblemError(recordNotFound());
    return reply.type('application/json; charset=utf-8').send(recordToJson(record));
  });

  app.post<{ Params: { ref: string } }>('/v1/events/:ref/cancel', async ({ params: { ref }, ip }) => {
    const cancellation = await cancelEvent(stream, ref);
    if (cancellation === undefined) throw new ProblemError(recordNotFound());
    const count = cancellation.cancelled.length;
    if (count > 0) await audit({ action: 'event.cancel', target: ref, count, from: ip });
    return { ref, ...cancellation };
  });
}
