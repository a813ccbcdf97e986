import { eventSchema } from '@millrace/events';

const ref = {
  type: 'string',
  description: 'Opaque; assigned at acceptance and never changed.',
  examples: ['0-1769860800000-0'],
} as const;
const instant = { type: 'string', format: 'date-time' } as const;

/**
 * What `recordToJson` and `deliveryToJson` give, as JSON Schemas that refer to each other as the components of an OpenAPI
 * document.
 */
export const recordSchemas = {
  Ref: ref,
  CloudEvent: eventSchema,
  Record: {
    type: 'object',
    required: ['ref', 'event', 'state', 'acceptedAt', 'routes'],
    properties: {
      ref,
      event: { oneOf: [{ $ref: '#/components/schemas/CloudEvent' }, { type: 'null' }] },
      state: { enum: ['scheduled', 'open', 'done', 'dead', 'expired'] },
      acceptedAt: instant,
      finishedAt: instant,
      routes: { type: 'array', items: { $ref: '#/components/schemas/Delivery' } },
    },
  },
  Delivery: {
    type: 'object',
    required: ['id', 'version', 'state', 'attempts', 'starts', 'effects', 'followUps'],
    properties: {
      id: { type: 'string', description: 'The route.' },
      version: { type: 'string', description: 'The version of the routes that it ran under.' },
      state: { enum: ['waiting', 'running', 'retrying', 'parked', 'done', 'dead', 'expired', 'moved'] },
      attempts: { type: 'integer' },
      starts: { type: 'integer', description: 'Times a consumer began; more than attempts after a crash.' },
      nextAt: instant,
      progress: {
        type: 'object',
        description: 'How far the tool said that it had come, last; until the delivery is done.',
        properties: {
          attempt: { type: 'integer' },
          step: { type: 'string' },
          progress: { type: 'number' },
          total: { type: 'number' },
          message: { type: 'string', maxLength: 500 },
          at: instant,
        },
      },
      waitsIn: { type: 'string', description: 'The context of an agent in which it waits for its turn.' },
      behind: {
        type: 'integer',
        description:
          'The partition in which earlier events of its key are still; it waits for them after a change of the number.',
      },
      paused: {
        type: 'object',
        description: 'What it waits for: a route or a server that somebody has paused.',
        properties: { kind: { enum: ['route', 'server'] }, name: { type: 'string' } },
      },
      reason: { type: 'string', description: 'Why it is dead, in one word.' },
      effects: { type: 'array', items: {} },
      result: { description: 'What the tool answered.' },
      error: {
        type: 'object',
        properties: {
          code: { type: 'string' },
          message: { type: 'string' },
          class: { type: 'string', description: 'What is known of the call that failed.' },
        },
      },
      resolvedFrom: { type: 'string', description: 'Why it was dead before a person declared it done.' },
      note: { type: 'string', description: 'What that person said about it.' },
      asks: {
        type: 'object',
        description:
          'What the tool wants to know before it goes on, or what it would be called with if a person approves.',
        properties: {
          step: { type: 'string' },
          server: { type: 'string' },
          tool: { type: 'string' },
          requests: { type: 'object' },
          arguments: { type: 'object', description: 'Of a call that waits for approval.' },
        },
      },
      followUps: { type: 'array', items: ref },
      movedTo: {
        type: 'string',
        description:
          'It went on in the partition of its key, under this ref: there it is redriven and answered. Its event is finished once it is.',
      },
    },
  },
} as const;
