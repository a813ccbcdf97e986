import { cancelQuery } from '../endpoints/records.js';
import { recordNotFound } from '../error-handler.js';
import { PAGE_QUERY } from '../page-input.js';
import { approvalPaths } from './approvals.js';
import { contextPaths } from './contexts.js';
import { deadLetterPaths } from './dead-letters.js';
import { eventPaths } from './events.js';
import { describeJobs } from './jobs.js';
import { partitionPaths } from './partitions.js';
import { answer, everyAnswer, inPath, inQuery, invalid, refusedBy } from './parts.js';
import { pausePaths } from './pauses.js';
import { replayPaths } from './replay.js';
import { routePaths } from './routes.js';
import { schemas } from './schemas.js';
import { serverPaths } from './servers.js';
import { systemPaths } from './system.js';

const ref = inPath('ref', 'The ref of the event.');
const notFound = refusedBy('The ref was never given, or its record has expired.', recordNotFound());

/** The OpenAPI 3.1 description of the operator. */
export const openApiDocument = {
  openapi: '3.1.0',
  info: {
    title: 'Millrace operator',
    version: '1.0.0',
    description: 'See and steer. Every refusal is an RFC 9457 problem with a stable code.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  security: [{}, { bearer: [] }],
  paths: {
    ...eventPaths,
    ...systemPaths,
    ...partitionPaths,
    '/v1/events/{ref}': {
      get: {
        summary: 'What has become of an event',
        parameters: [ref],
        responses: {
          200: answer('The record, and what caused the event.', 'RecordWithCause'),
          404: notFound,
          ...everyAnswer,
        },
      },
    },
    '/v1/events/{ref}/cancel': {
      post: {
        summary: 'End the deliveries of an event that wait for a retry',
        parameters: [ref, ...inQuery(cancelQuery)],
        responses: {
          200: answer('What was cancelled, and what had to be left.', 'Cancellation'),
          400: invalid,
          404: notFound,
          ...everyAnswer,
        },
      },
    },
    ...replayPaths,
    ...deadLetterPaths,
    ...approvalPaths,
    ...routePaths,
    ...pausePaths,
    ...serverPaths,
    ...contextPaths,
    ...describeJobs('redrives'),
    ...describeJobs('purges'),
    '/v1/consumers': {
      get: {
        summary: 'Who is in the consumer group',
        responses: { 200: answer('All consumers.', 'ConsumerList'), ...everyAnswer },
      },
    },
    '/v1/audit': {
      get: {
        summary: 'What was done, by whom and when, the latest first',
        parameters: inQuery(PAGE_QUERY),
        responses: { 200: answer('A page of the last 1,000 acts.', 'AuditPage'), 400: invalid, ...everyAnswer },
      },
    },
  },
  components: {
    schemas,
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', description: 'Required when the operator has a key.' },
    },
  },
};
