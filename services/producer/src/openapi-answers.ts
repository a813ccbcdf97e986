import { openApiRefusal as refusal } from '@millrace/runtime';
import { acceptedExample } from './openapi-examples.js';
import type { schemas } from './openapi-schemas.js';

/** A reference to one of our schemas. */
export const schemaRef = (name: keyof typeof schemas) => ({ $ref: `#/components/schemas/${name}` });
/** A JSON body of this shape. */
export const json = (name: keyof typeof schemas, example?: unknown) => ({
  'application/json': { schema: schemaRef(name), ...(example === undefined ? {} : { example }) },
});
/** Redis is away or overrun. */
export const unavailable = refusal(
  'Not now; sending the same event again is safe. STREAM_UNAVAILABLE: Redis is away, and the event may have been stored. ' +
    'STREAM_NOT_DURABLE: Redis does not keep what is promised, or its replicas are late; the event may have been stored, but not for good. ' +
    'STREAM_OVERLOADED: too many requests wait. STREAM_BACKLOG_FULL: too much work is open. ' +
    'STREAM_MEMORY_HIGH: Redis is nearly full.',
  503,
  'STREAM_UNAVAILABLE',
  'the stream cannot take or show events at the moment; sending the same event again is safe',
);
/** The sender is too fast. */
export const rateLimited = refusal(
  'More events than the rate of the key lets through. Every request counts as one.',
  429,
  'RATE_LIMITED',
  'checkout may send 100 event(s) a second, and 200 at once; this one was not stored',
);
/** No such record. */
export const notFound = refusal(
  'The ref was never given, or its record has expired.',
  404,
  'RECORD_NOT_FOUND',
  'no event has this ref, or its record has expired',
);
/** The ref in a path. */
export const refParameter = {
  name: 'ref',
  in: 'path',
  required: true,
  schema: { type: 'string' },
  example: acceptedExample.ref,
};
