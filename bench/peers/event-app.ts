import { attributesSchema } from '@millrace/events';
import { type FastifyInstance, fastify } from 'fastify';

/** An event as it arrives. */
export interface PostedEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
}

/**
 * A Fastify as its documentation has it for speed: JSON Schema for the body, which is ours, and for the answer, which lets
 * it compile a serializer; no logger. (fastify.dev: Validation and Serialization; Recommendations.)
 */
export function createEventApp(): FastifyInstance {
  const app = fastify({ logger: false });
  const parseJson = app.getDefaultJsonParser('error', 'error');
  for (const type of ['application/cloudevents+json', 'application/cloudevents-batch+json'])
    app.addContentTypeParser(type, { parseAs: 'string' }, parseJson);
  return app;
}

/** The schema of one event: the attributes as ours are checked, and any data. */
export const eventSchema = { ...attributesSchema, properties: { ...attributesSchema.properties, data: {} } };
// Ours forbids this one as the name of an attribute, since data are no attribute.
delete (eventSchema as { propertyNames?: unknown }).propertyNames;

const acceptedSchema = {
  type: 'object',
  properties: {
    ref: { type: 'string' },
    id: { type: 'string' },
    source: { type: 'string' },
    duplicate: { type: 'boolean' },
  },
} as const;

/** Route options of `POST /v1/events` with one event. */
export const oneEvent = { schema: { body: eventSchema, response: { 202: acceptedSchema } }, bodyLimit: 256 * 1024 };

/** Route options of `POST /v1/events` with a batch. */
export const manyEvents = {
  schema: {
    body: { type: 'array', items: eventSchema, maxItems: 1_000 },
    response: { 202: { type: 'array', items: acceptedSchema } },
  },
  bodyLimit: 4 * 1024 * 1024,
};
