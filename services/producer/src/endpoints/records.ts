import { ProblemError } from '@millrace/runtime';
import type { EventRecord } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import type { Sender } from '../access/sender.js';
import type { RecordReader } from '../record-reader.js';

/**
 * `GET /v1/events/{ref}`: the record of an event. 404 for a ref that never was or whose record has expired, and for
 * the record of an event that the sender might not have sent.
 */
export function addRecords(app: FastifyInstance, records: RecordReader): void {
  app.get<{ Params: { ref: string } }>('/v1/events/:ref', async ({ params, sender }, reply) => {
    const record = await readKnownRecord(records, params.ref, sender);
    return reply
      .headers({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
      .send(records.render(record));
  });
}

/** The record behind a ref that a caller named, if it is one for the caller to see. Throws the 404. */
export async function readKnownRecord(
  records: RecordReader,
  ref: string,
  sender: Sender | undefined,
): Promise<EventRecord> {
  const record = await records.read(ref);
  // Refs can be guessed: what one sender sent is not for another to read.
  if (record !== undefined && (sender?.maySend(record.event?.type ?? '') ?? true)) return record;
  throw new ProblemError({
    status: 404,
    code: 'RECORD_NOT_FOUND',
    detail: 'no event has this ref, or its record has expired',
  });
}
