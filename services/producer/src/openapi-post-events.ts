import {
  describeProblem,
  openApiHeader as header,
  openApiRefusal as refusal,
  openApiUnauthenticated as unauthenticated,
} from '@millrace/runtime';
import { json, rateLimited, schemaRef, unavailable } from './openapi-answers.js';
import { acceptedExample, eventExample, plainExample, recordExample } from './openapi-examples.js';

/** `POST /v1/events`. */
export const postEvents = {
  operationId: 'postEvents',
  summary: 'Post one event or a batch',
  description:
    'Takes CloudEvents 1.0 in structured, batch and binary mode (any content type with ce- headers), and plain JSON. ' +
    'An event is at most 256 KiB, its data at most 32 levels deep; a batch is at most 4 MiB and 1,000 events. ' +
    'The same source and id with the same content is answered with the first ref.',
  parameters: [
    {
      name: 'Prefer',
      in: 'header',
      description: '`wait=N` holds the answer up to N seconds (60 at most) for the outcome. Not for batches.',
      schema: { type: 'string' },
      example: 'wait=10',
    },
  ],
  requestBody: {
    required: true,
    content: {
      'application/cloudevents+json': { schema: schemaRef('CloudEvent'), example: eventExample },
      'application/cloudevents-batch+json': {
        schema: { type: 'array', maxItems: 1_000, items: schemaRef('CloudEvent') },
        example: [eventExample],
      },
      'application/json': { schema: schemaRef('PlainEvent'), example: plainExample },
      '*/*': { schema: {}, example: 'the data of an event in binary mode, with its attributes in ce- headers' },
    },
  },
  responses: {
    200: {
      description: 'The event is finished, as the wait asked for. The record.',
      headers: { Location: header('Path of the record.'), 'Preference-Applied': header('The wait that was granted.') },
      content: json('Record', recordExample),
    },
    202: {
      description: 'Stored. For a batch: every event was accepted.',
      headers: { Location: header('Path of the record; not for batches.') },
      content: {
        'application/json': {
          schema: { oneOf: [schemaRef('Accepted'), schemaRef('BatchResult')] },
          examples: {
            one: { value: acceptedExample },
            batch: { value: [{ status: 202, ...acceptedExample }] },
          },
        },
      },
    },
    207: {
      description: 'Some events of the batch were accepted and some refused. When none was, the answer is a problem.',
      content: json('BatchResult', [
        { status: 202, ...acceptedExample },
        describeProblem({
          status: 400,
          code: 'EVENT_INVALID',
          detail: 'the event breaks CloudEvents 1.0',
          errors: [{ pointer: '/1/type', detail: 'is required' }],
        }),
      ]),
    },
    400: refusal(
      'EVENT_MALFORMED: not JSON, not UTF-8, or names that stand twice. ' +
        'EVENT_TOO_DEEP: nested or populated past the limits. EVENT_INVALID: attributes break CloudEvents 1.0.',
      400,
      'EVENT_INVALID',
      'the event breaks CloudEvents 1.0',
      { errors: [{ pointer: '/type', detail: 'is required' }] },
    ),
    401: unauthenticated,
    403: refusal(
      'The key may not send events of this type.',
      403,
      'TYPE_NOT_ALLOWED',
      'checkout may not send events of this type',
    ),
    409: refusal(
      'The source and id were taken by an event with other content.',
      409,
      'EVENT_CONFLICT',
      'an event with this source and id was accepted with other content; its ref is given',
      { ref: acceptedExample.ref },
    ),
    413: refusal(
      'Too large. BODY_TOO_LARGE: the body. EVENT_TOO_LARGE: one event in a batch, or too many of them.',
      413,
      'BODY_TOO_LARGE',
      'the body is larger than allowed',
    ),
    415: refusal(
      'No mode has this content type.',
      415,
      'MEDIA_TYPE_UNSUPPORTED',
      'the content type is not one that is taken here',
    ),
    422: refusal(
      'The data do not match the schema of the event type. At most 20 problems are listed.',
      422,
      'EVENT_SCHEMA_MISMATCH',
      'the data do not match the schema of com.shop.order.created: 1 problem(s)',
      { errors: [{ pointer: '/data/total', detail: 'must be number' }] },
    ),
    429: rateLimited,
    503: unavailable,
  },
};
