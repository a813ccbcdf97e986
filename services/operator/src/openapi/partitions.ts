import { partitionsBody } from '../endpoints/partitions.js';
import { changeHindered, partitionsRefused } from '../error-handler.js';
import { answer, everyAnswer, invalid, jsonBody, refusedBy } from './parts.js';

/** The path of the number of partitions. */
export const partitionPaths = {
  '/v1/partitions': {
    get: {
      summary: 'How many partitions there are, and what is left from before their number was changed',
      responses: { 200: answer('The number, and the progress of a change.', 'Partitions'), ...everyAnswer },
    },
    post: {
      summary: 'Have more partitions',
      description:
        'From when it is answered, new events find their partition by the new number, and what is in the old ones is worked ' +
        'on where it is. Asking again is harmless, and carries on a change that has come to a stop.',
      requestBody: jsonBody(partitionsBody, true),
      responses: {
        200: answer('How it is now.', 'Partitions'),
        400: invalid,
        409: refusedBy(
          'PARTITIONS_CHANGING: a change to another number is under way. PARTITIONS_HINDERED: consumers work under a ' +
            'configuration that would not be kept; every reason is listed.',
          changeHindered(['route triage: agent.context: what it remembers would stay behind']),
        ),
        422: refusedBy('They cannot become so many.', partitionsRefused('3 is refused')),
        ...everyAnswer,
      },
    },
  },
};

const count = { type: 'integer' };
const left = {
  unread: { ...count, description: 'Entries that nobody has read.' },
  held: { ...count, description: 'Entries that a consumer is at work on.' },
  waiting: { ...count, description: 'Deliveries that wait for a time, for others of their key or for an answer.' },
  deadLetters: count,
  isExact: {
    type: 'boolean',
    description:
      'Whether these are all; otherwise there is more: what was put back into the stream, or than is looked at.',
  },
};

/** The shape of `GET /v1/partitions`, as JSON Schemas. */
export const partitionSchemas = {
  Partitions: {
    type: 'object',
    required: ['partitions', 'epoch', 'state', 'epochs', 'left', 'leftIn'],
    properties: {
      partitions: { ...count, description: 'By which new events find their partition.' },
      epoch: { ...count, description: 'Of this number; each change begins another.' },
      state: {
        enum: ['settled', 'preparing', 'draining'],
        description: 'draining: events from before the change may be there, or be repeated.',
      },
      epochs: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            epoch: count,
            partitions: count,
            state: { enum: ['preparing', 'active', 'draining', 'past'] },
            since: { type: 'string', format: 'date-time' },
          },
        },
      },
      left: { type: 'object', description: 'From before the change, in all partitions.', properties: left },
      leftIn: {
        type: 'array',
        description: 'The partitions that have something left, the first 64.',
        items: { type: 'object', properties: { partition: count, ...left } },
      },
    },
  },
};
