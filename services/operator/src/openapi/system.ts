import { answer, everyAnswer } from './parts.js';

/** The path of what runs here and what is wrong with it. */
export const systemPaths = {
  '/v1/system': {
    get: {
      summary: 'What runs here, what it promises, and what is wrong with it',
      description: 'Answers while Redis is away, too: that is then what is found.',
      responses: { 200: answer('What was found.', 'System'), ...everyAnswer },
    },
  },
  '/v1/me': {
    get: {
      summary: 'Who the key belongs to, and whether its holder may steer',
      responses: { 200: answer('The person.', 'Person'), ...everyAnswer },
    },
  },
};

const text = { type: 'string' };

/** The shape of `GET /v1/system`, as JSON Schemas. */
export const systemSchemas = {
  Check: {
    type: 'object',
    required: ['name', 'ok', 'found'],
    properties: {
      name: text,
      ok: { type: 'boolean' },
      found: text,
      mend: { ...text, description: 'What to do about it; there where something is wrong.' },
    },
  },
  Person: {
    type: 'object',
    properties: { name: text, role: { enum: ['viewer', 'operator'] }, readOnly: { type: 'boolean' } },
  },
  System: {
    type: 'object',
    properties: {
      versions: { type: 'object', properties: { millrace: text, node: text, redis: { type: ['string', 'null'] } } },
      startedAt: { type: 'string', format: 'date-time' },
      durability: {
        type: 'object',
        properties: { asked: text, holds: { type: 'boolean' }, problems: { type: 'array', items: text } },
      },
      redis: { type: ['object', 'null'], description: 'What Redis says about itself; null while it does not answer.' },
      settings: { type: 'object', description: 'Settings of the stream. Never a secret.' },
      partitions: {
        type: 'object',
        properties: {
          count: { type: 'integer', description: 'By which new events find their partition.' },
          epoch: { type: 'integer' },
          busiest: {
            type: 'array',
            description: 'Those with the largest backlogs, at most 32.',
            items: {
              type: 'object',
              properties: {
                partition: { type: 'integer' },
                backlog: { type: 'integer' },
                lag: { type: ['integer', 'null'] },
                pending: { type: 'integer' },
                retrying: { type: 'integer' },
                deadLetters: { type: 'integer' },
                oldestPendingAgeMs: { type: 'integer' },
              },
            },
          },
        },
      },
      checks: { type: 'array', items: { $ref: '#/components/schemas/Check' } },
    },
  },
};
