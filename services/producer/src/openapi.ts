import { openApiRefusal as refusal, openApiUnauthenticated as unauthenticated } from '@millrace/runtime';
import { json, notFound, rateLimited, refParameter, unavailable } from './openapi-answers.js';
import { recordExample } from './openapi-examples.js';
import { postEvents } from './openapi-post-events.js';
import { postWebhook } from './openapi-post-webhook.js';
import { schemas } from './openapi-schemas.js';

const getRecord = {
  operationId: 'getRecord',
  summary: 'What has become of an event',
  parameters: [refParameter],
  responses: {
    200: { description: 'The record.', content: json('Record', recordExample) },
    401: unauthenticated,
    404: notFound,
    429: rateLimited,
    503: unavailable,
  },
};

const streamRecord = {
  operationId: 'streamRecord',
  summary: 'The record as server-sent events, until the event is finished',
  description: 'One event named `record` at once and one at every change; its data are the record as JSON.',
  parameters: [refParameter],
  responses: {
    200: {
      description: 'The stream. It ends when the event is done, dead or expired.',
      content: { 'text/event-stream': { schema: { type: 'string' }, example: 'event: record\ndata: {"ref":"…"}\n\n' } },
    },
    401: unauthenticated,
    404: notFound,
    429: rateLimited,
    503: refusal('Redis is away, or too many streams are open.', 503, 'TOO_MANY_STREAMS', 'too many streams are open'),
  },
};

/** The OpenAPI 3.1 description of the producer. */
export const openApiDocument = {
  openapi: '3.1.0',
  info: {
    title: 'Millrace producer',
    version: '1.0.0',
    description: 'Events in over HTTP. Every refusal is an RFC 9457 problem with a stable code.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  security: [{}, { bearer: [] }],
  paths: {
    '/v1/events': { post: postEvents },
    '/v1/webhooks/{sender}': { post: postWebhook },
    '/v1/events/{ref}': { get: getRecord },
    '/v1/events/{ref}/stream': { get: streamRecord },
  },
  components: {
    schemas,
    securitySchemes: {
      bearer: {
        type: 'http',
        scheme: 'bearer',
        description: 'Required when the producer has a key, or a file of keys.',
      },
    },
  },
};
