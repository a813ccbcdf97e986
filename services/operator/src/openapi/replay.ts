import { eventSchema } from '@millrace/events';
import { openApiRefusal } from '@millrace/runtime';
import { editRefused, eventTrimmed, notAppended, recordNotFound, schemaMismatch } from '../error-handler.js';
import { answer, everyAnswer, inPath, refusedBy } from './parts.js';

const { required: _required, ...editSchema } = eventSchema;
const wrongEdit = {
  code: 'EVENT_INVALID',
  message: 'the event breaks CloudEvents 1.0',
  problems: [{ pointer: '/type', detail: 'must not be empty' }],
} as const;
const tooLarge = 'the body is larger than 262144 bytes';

const unfit = schemaMismatch('com.shop.order.created', {
  count: 1,
  first: [{ pointer: '/data/total', detail: 'must be number' }],
});
const noRoom = refusedBy(
  'There is no room, or Redis did not answer.',
  notAppended({ kind: 'backlog-full', limit: 1_000_000 }),
);
const plainSchema = { ...eventSchema, required: ['type', 'data'] };

/** The path by which a person sends an event. */
export const sendOperation = {
  post: {
    summary: 'Send an event',
    description:
      'For people who try something; senders have the producer. Plain JSON with at least `type` and `data`; the rest is ' +
      'filled in. It is trusted as far as whoever sends it: `keyed` where the operator asks for keys.',
    requestBody: { required: true, content: { 'application/json': { schema: plainSchema } } },
    responses: {
      202: answer('It is in the stream.', 'Sent'),
      400: refusedBy('It is not JSON, or no event.', editRefused(wrongEdit)),
      409: refusedBy('The id was taken, or the schemas are broken.', notAppended({ kind: 'conflict', ref: '0-1-0' })),
      413: openApiRefusal('It is larger than an event may be.', 413, 'BODY_TOO_LARGE', tooLarge),
      422: refusedBy('The data do not fit the schema of the type.', unfit),
      ...everyAnswer,
      503: noRoom,
    },
  },
};

/** The path by which somebody sends an event again. */
export const replayPaths = {
  '/v1/events/{ref}/replay': {
    post: {
      summary: 'Send an event again as a new one, as it was or edited',
      description:
        'The body holds what is to be otherwise: attributes, `null` for one that is to go, and `data`. The new event has an ' +
        'id of its own, `causationid` and `millracereplayof` name the first. It is trusted as the first was where nothing ' +
        'is edited. `deliverat`, `expirytime` and the trace are left behind. With an `id` in the body it can be asked ' +
        'again after an answer that was lost: the same replay is not made twice.',
      parameters: [inPath('ref', 'The ref of the event.')],
      requestBody: {
        required: false,
        content: { 'application/json': { schema: { ...editSchema, additionalProperties: true } } },
      },
      responses: {
        202: answer('It is in the stream.', 'Replayed'),
        400: refusedBy(
          'The edit is not JSON, breaks CloudEvents, or has what Millrace alone writes.',
          editRefused(wrongEdit),
        ),
        404: refusedBy('The ref was never given, or its record has expired.', recordNotFound()),
        409: refusedBy(
          'EVENT_TRIMMED; EVENT_CONFLICT: the id was taken; SCHEMAS_NOT_READABLE: the schemas of the configuration are broken.',
          eventTrimmed(),
        ),
        413: openApiRefusal('The edit is larger than an event may be.', 413, 'BODY_TOO_LARGE', tooLarge),
        422: refusedBy(
          'The data do not fit the schema of the type.',
          schemaMismatch('com.shop.order.created', {
            count: 1,
            first: [{ pointer: '/data/total', detail: 'must be number' }],
          }),
        ),
        ...everyAnswer,
        503: refusedBy(
          'There is no room, or Redis did not answer.',
          notAppended({ kind: 'backlog-full', limit: 1_000_000 }),
        ),
      },
    },
  },
};
