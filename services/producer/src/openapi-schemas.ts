import { attributesSchema } from '@millrace/events';
import { problemSchema } from '@millrace/runtime';
import { recordSchemas } from '@millrace/stream-client';

const instant = { type: 'string', format: 'date-time' };
const anything = { description: 'Any JSON value, kept byte for byte.' };

/** The shapes of requests and answers as JSON Schema, referred to by the OpenAPI document. */
export const schemas = {
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
      ref: recordSchemas.Ref,
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
  ...recordSchemas,
  Problem: problemSchema,
} as const;
