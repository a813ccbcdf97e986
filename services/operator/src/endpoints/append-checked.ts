import { findViolations } from '@millrace/config-files';
import type { Event, Trust } from '@millrace/events';
import { type Metrics, ProblemError } from '@millrace/runtime';
import type { Appender } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import type { Person } from '../access/require-person.js';
import { notAppended, schemaMismatch, schemasNotReadable } from '../error-handler.js';
import type { SchemaFiles } from '../schema-files.js';

/** What takes an event that a person sends. */
export interface AppendParts {
  readonly appender: Pick<Appender, 'append'>;
  readonly schemaFiles: SchemaFiles;
  readonly metrics: Metrics;
  /** Largest body, in bytes. */
  readonly maxEventBytes: number;
}

/**
 * Appends an event whose data fit the schema of its type. Resolves once it is as durable as the deployment asked; throws a
 * ProblemError where it was not taken: 422 for the data, 409 for an id that was taken, 503 where there is no room.
 */
export async function appendChecked(
  { appender, schemaFiles, metrics }: AppendParts,
  event: Event,
): Promise<{ readonly ref: string; readonly duplicate: boolean }> {
  const read = await schemaFiles.read();
  if ('why' in read) throw new ProblemError(schemasNotReadable(read.why));
  const violations = findViolations(event, '/data', read.schemas);
  if (violations !== undefined) throw new ProblemError(schemaMismatch(event.type, violations));
  const appended = await appender.append(event);
  if (appended.kind !== 'accepted' && appended.kind !== 'duplicate') throw new ProblemError(notAppended(appended));
  metrics.eventsAccepted.labels(appended.kind).inc();
  return { ref: appended.ref, duplicate: appended.kind === 'duplicate' };
}

/** Lets the paths of this scope take JSON as the bytes that were sent, as large as an event may be, and nothing else. */
export function takeEvents(app: FastifyInstance, maxEventBytes: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: maxEventBytes },
    (_request, body, done) => done(null, body),
  );
}

/** Where no key is asked for, nobody knows who sends. */
export function trustOfPerson({ isKnown }: Person): Trust {
  return isKnown ? 'keyed' : 'anonymous';
}
