import { problemSchema } from '@millrace/runtime';
import { recordSchemas } from '@millrace/stream-client';
import { overviewSchemas } from './overview.js';
import { partitionSchemas } from './partitions.js';
import { routeSchemas } from './routes.js';
import { serverSchemas } from './servers.js';
import { systemSchemas } from './system.js';

const instant = { type: 'string', format: 'date-time' };
const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };
const pausedKind = { enum: ['route', 'server'] } as const;
const pauseFacts = { at: instant, from: text, by: text, note: text };
const next = { type: 'string', description: 'The cursor of the next page; absent on the last one.' };

const { id: _route, ...deliveryFacts } = recordSchemas.Delivery.properties;

/** What a dead letter shows, wherever it is shown: the id, and the facts of its delivery. */
const deadLetterFacts = {
  id: { ...text, description: 'Of the dead letter: the ref and the route.' },
  ref: recordSchemas.Ref,
  route: text,
  deadAt: instant,
  ...deliveryFacts,
};

/** What a parked delivery shows, wherever it is shown. */
const approvalFacts = {
  id: { ...text, description: 'Of the approval: the ref and the route.' },
  ref: recordSchemas.Ref,
  route: text,
  version: deliveryFacts.version,
  attempts: deliveryFacts.attempts,
  expiresAt: instant,
  asks: deliveryFacts.asks,
};

/** A page of a list. */
function pageOf(items: object): object {
  return { type: 'object', required: ['items'], properties: { items: { type: 'array', items }, next } };
}

const schemaRef = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const contextFacts = { id: text, route: text, name: text, updatedAt: instant };

/** The shapes of answers as JSON Schema, referred to by the OpenAPI document. */
export const schemas = {
  ...recordSchemas,
  ...overviewSchemas,
  ...systemSchemas,
  ...partitionSchemas,
  ...routeSchemas,
  RecordWithCause: {
    allOf: [
      schemaRef('Record'),
      {
        type: 'object',
        properties: {
          causedBy: {
            type: 'object',
            description: 'The event that this one follows from, or replays, where it is still known.',
            properties: {
              ref: recordSchemas.Ref,
              type: text,
              replayed: { type: 'boolean', description: 'Whether this is a replay of it.' },
            },
          },
        },
      },
    ],
  },
  EventItem: {
    type: 'object',
    required: ['ref', 'id', 'source', 'type', 'acceptedAt', 'state', 'routes'],
    properties: {
      ref: recordSchemas.Ref,
      id: text,
      source: text,
      type: text,
      subject: text,
      partitionkey: text,
      acceptedAt: instant,
      state: recordSchemas.Record.properties.state,
      routes: {
        type: 'array',
        items: { type: 'object', properties: { id: text, state: recordSchemas.Delivery.properties.state } },
      },
    },
  },
  EventPage: {
    type: 'object',
    required: ['items', 'scanned'],
    properties: {
      items: { type: 'array', items: schemaRef('EventItem') },
      next,
      scanned: { ...count, description: 'Events that were looked at for this page.' },
      scannedTo: { ...instant, description: 'The time that the search has reached, going back.' },
    },
  },
  DeadLetter: {
    type: 'object',
    properties: { ...deadLetterFacts, event: { oneOf: [schemaRef('CloudEvent'), { type: 'null' }] } },
  },
  DeadLetterSummary: {
    type: 'object',
    properties: {
      ...deadLetterFacts,
      event: { type: ['object', 'null'], description: 'The attributes; null when the entry could not be decoded.' },
      dataBytes: { ...count, description: 'The size of the data, which a list leaves out.' },
    },
  },
  DeadLetterPage: pageOf(schemaRef('DeadLetterSummary')),
  DeadLetterCauses: {
    type: 'object',
    required: ['items', 'matched', 'scanned', 'complete'],
    properties: {
      items: {
        type: 'array',
        items: {
          type: 'object',
          required: ['route', 'count', 'latest'],
          properties: {
            route: text,
            reason: { ...text, description: 'Why they were given up.' },
            code: { ...text, description: 'Of the last error.' },
            count,
            latest: {
              oneOf: [schemaRef('DeadLetterSummary'), { type: 'null' }],
              description: 'The last to die of it; null where it has just been taken away.',
            },
          },
        },
      },
      matched: { ...count, description: 'Those that the filter accepts, whatever they died of.' },
      scanned: { ...count, description: 'Dead letters that were looked at.' },
      complete: { type: 'boolean', description: 'Whether those were all; if not, they are the latest.' },
    },
  },
  ApprovalSummary: {
    type: 'object',
    properties: { ...approvalFacts, event: { type: ['object', 'null'], description: 'The attributes.' } },
  },
  Approval: {
    type: 'object',
    properties: { ...approvalFacts, event: { oneOf: [schemaRef('CloudEvent'), { type: 'null' }] } },
  },
  ApprovalPage: pageOf(schemaRef('ApprovalSummary')),
  ContextSummary: {
    type: 'object',
    required: ['id', 'route', 'name', 'updatedAt'],
    properties: contextFacts,
  },
  Context: {
    type: 'object',
    required: ['id', 'route', 'name', 'updatedAt', 'memory'],
    properties: { ...contextFacts, memory: { type: 'object', description: 'As it is shown to the model.' } },
  },
  ContextPage: pageOf(schemaRef('ContextSummary')),
  Answered: { type: 'object', properties: { ref: recordSchemas.Ref, id: text, state: { const: 'answered' } } },
  Job: {
    type: 'object',
    required: ['job', 'state', 'filter', 'rate', 'matched', 'skipped', 'startedAt'],
    properties: {
      job: text,
      state: { enum: ['running', 'done', 'cancelled', 'failed'] },
      filter: { type: 'object' },
      rate: { type: 'integer', description: 'Dead letters a second.' },
      matched: { ...count, description: 'Those that the filter accepted when the job was started.' },
      redriven: count,
      discarded: count,
      skipped: { ...count, description: 'Those that were gone, or had died again, when their turn came.' },
      startedAt: instant,
      finishedAt: instant,
      error: text,
      waitsFor: { ...text, description: 'Why a running job cannot go on at the moment; it does by itself.' },
    },
  },
  JobList: { type: 'object', required: ['items'], properties: { items: { type: 'array', items: schemaRef('Job') } } },
  DryRun: {
    type: 'object',
    required: ['dryRun', 'filter', 'matched'],
    properties: { dryRun: { const: true }, filter: { type: 'object' }, matched: count },
  },
  Redriven: { type: 'object', properties: { ref: recordSchemas.Ref, id: text, state: text } },
  Resolved: {
    type: 'object',
    properties: { ref: recordSchemas.Ref, id: text, state: { const: 'done' }, resolvedFrom: text },
  },
  Sent: {
    type: 'object',
    required: ['ref', 'id', 'source', 'duplicate'],
    properties: { ref: recordSchemas.Ref, id: text, source: text, duplicate: { type: 'boolean' } },
  },
  Replayed: {
    type: 'object',
    required: ['ref', 'id', 'source', 'duplicate', 'replayOf', 'edited'],
    properties: {
      ref: recordSchemas.Ref,
      id: text,
      source: text,
      duplicate: {
        type: 'boolean',
        description: 'Whether this replay had been accepted before, under the id that was given.',
      },
      replayOf: recordSchemas.Ref,
      edited: {
        type: 'array',
        items: text,
        description: 'What is otherwise than in the first: attributes, and `data`.',
      },
    },
  },
  Cancellation: {
    type: 'object',
    properties: {
      ref: recordSchemas.Ref,
      cancelled: { type: 'array', items: text, description: 'Routes whose deliveries are dead now; `*`: the event.' },
      left: { type: 'array', items: { type: 'object', properties: { route: text, state: text } } },
    },
  },
  ConsumerList: {
    type: 'object',
    required: ['items'],
    properties: {
      items: { type: 'array', items: { type: 'object', properties: { name: text, pending: count, idleMs: count } } },
    },
  },
  ...serverSchemas,
  PauseList: {
    type: 'object',
    required: ['items'],
    properties: {
      items: {
        type: 'array',
        items: { type: 'object', properties: { kind: pausedKind, name: text, ...pauseFacts } },
      },
    },
  },
  PauseState: {
    type: 'object',
    required: ['kind', 'name', 'paused'],
    properties: { kind: pausedKind, name: text, paused: { type: 'boolean' }, ...pauseFacts },
  },
  AuditPage: pageOf({
    type: 'object',
    properties: { id: text, at: instant, action: text, target: text, count, from: text, by: text, note: text },
  }),
  Problem: problemSchema,
};
