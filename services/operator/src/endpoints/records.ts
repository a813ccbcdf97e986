import { ProblemError } from '@millrace/runtime';
import { readRecord, recordToJson, type Stream } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { recordNotFound } from '../error-handler.js';

/** `GET /v1/events/{ref}`: the record of an event, as the producer shows it. 404 when it never was or has expired. */
export function addRecords(app: FastifyInstance, stream: Stream): void {
  app.get<{ Params: { ref: string } }>('/v1/events/:ref', async ({ params }, reply) => {
    const record = await readRecord(stream, params.ref);
    if (record === undefined) throw new ProblemError(recordNotFound());
    return reply.type('application/json; charset=utf-8').send(recordToJson(record));
  });
}
