import { attributesSchema } from '@millrace/events';

const ref = {
  type: 'string',
  description: 'Opaque; assigned at acceptance and never changed.',
  examples: ['0-1769860800000-0'],
};
const instant = { type: 'string', format: 'date-time' };
const anything = { description: 'Any JSON value, kept byte for byte.' };
const base64 = { type: 'string', contentEncoding: 'base64' };

/** The shapes of requests and answers as JSON Schema, referred to by the OpenAPI document. */
export const schemas = {
  CloudEvent: {
    ...attributesSchema,
    description: 'A CloudEvents 1.0 event in JSON format. Extension attributes travel untouched.',
    properties: { ...attributesSchema.properties, data: anything, data_base64: base64 },
    propertyNames: { pattern: '^([a-z0-9]+|data_base64)$' },
  },
  PlainEvent: {
    type: 'object',
    description: 'An event for people with curl. specversion, id, source and time are filled in where missing.',
    required: ['type', 'data'],
    properties: { ...attributesSchema.properties, data: anything },
  },
  Accepted: {
    type: 'object',
    required: ['ref', 'id', 'source', 'duplicate'],
    properties: {
      ref,
      id: { type: 'string' },
      source: { type: 'string' },
      time: { ...instant, description: 'Only when it was filled in.' },
      duplicate: { type: 'boolean', description: 'Whether the same event was accepted before; ref is then the first.' },
    },
  },
  BatchResult: {
    type: 'array',
    description: 'One result per event, in order.',
    items: {
      oneOf: [
        {
          allOf: [
            { type: 'object', required: ['status'], properties: { status: { const: 202 } } },
            { $ref: '#/components/schemas/Accepted' },
          ],
        },
        { $ref: '#/components/schemas/Problem' },
      ],
    },
  },
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
      state: { enum: ['waiting', 'running', 'retrying', 'parked', 'done', 'dead', 'expired'] },
      attempts: { type: 'integer' },
      starts: { type: 'integer', description: 'Times a consumer began; more than attempts after a crash.' },
      nextAt: instant,
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
      followUps: { type: 'array', items: ref },
    },
  },
  Problem: {
    type: 'object',
    description: 'RFC 9457. Branch on code; it never changes.',
    required: ['type', 'title', 'status', 'detail', 'code'],
    properties: {
      type: { type: 'string', format: 'uri' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      code: { type: 'string' },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          required: ['detail'],
          properties: {
            pointer: { type: 'string', format: 'json-pointer', description: 'Into the body.' },
            header: { type: 'string' },
            detail: { type: 'string' },
          },
        },
      },
    },
  },
} as const;
