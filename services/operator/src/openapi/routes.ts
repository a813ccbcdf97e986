import { tryBody } from '../endpoints/try-route.js';
import { eventTrimmed, nameNotFound, routeNotReadable } from '../error-handler.js';
import { answer, everyAnswer, inPath, invalid, jsonBody, refusedBy } from './parts.js';

/** The paths of the routes as the configuration has them. */
export const routePaths = {
  '/v1/routes': {
    get: {
      summary: 'The routes of the configuration folder, and whether they are at work',
      description: 'Where the operator has no such folder there are only the ids that consumers have announced.',
      responses: { 200: answer('All routes.', 'RouteList'), ...everyAnswer },
    },
  },
  '/v1/routes/{name}/try': {
    post: {
      summary: 'What a route would do about an event, and why; nothing is sent',
      parameters: [inPath('name', 'The id of the route.')],
      requestBody: jsonBody(tryBody, true),
      responses: {
        200: answer('What it would do.', 'RoutePreview'),
        400: invalid,
        404: refusedBy('There is no such route, or no such event (RECORD_NOT_FOUND).', nameNotFound('route')),
        409: refusedBy(
          `The configuration cannot be read here, or the event cannot (${eventTrimmed().code}).`,
          routeNotReadable('cannot read config/routes.yaml (ENOENT)'),
        ),
        ...everyAnswer,
      },
    },
  },
};

const text = { type: 'string' };
const texts = { type: 'array', items: text };
const problems = {
  type: 'array',
  items: {
    type: 'object',
    required: ['file', 'line', 'pointer', 'detail'],
    properties: { file: text, line: { type: 'integer' }, pointer: text, detail: text, mend: text },
  },
};
const target = {
  type: 'object',
  required: ['kind'],
  properties: {
    kind: { enum: ['call', 'handler', 'agent'] },
    server: text,
    tool: text,
    equivalents: texts,
    hedge: { type: 'object' },
    file: { ...text, description: 'Of a handler.' },
    model: { ...text, description: 'Of an agent.' },
    tools: { ...texts, description: 'Of an agent: patterns of what it may call.' },
  },
};
const paused = {
  type: 'object',
  description: 'Who has paused it, when, and why; absent while it is not paused.',
  properties: { at: { type: 'string', format: 'date-time' }, from: text, by: text, note: text },
};

const count = { type: 'integer', minimum: 0 };
const lastMinute = {
  type: 'object',
  description:
    'What became of its deliveries within the last minute, as the consumers that are alive have settled them; absent where none reports.',
  required: ['done', 'retried', 'waiting', 'parked', 'dead', 'expired', 'perSecond'],
  properties: {
    done: count,
    retried: { ...count, description: 'Attempts that another one follows.' },
    waiting: {
      ...count,
      description: 'Put off without an attempt, for its turn in an order or a context, or since something is paused.',
    },
    parked: { ...count, description: 'Somebody has to answer first.' },
    dead: count,
    expired: count,
    perSecond: { type: 'number', description: 'Attempts that came to an end, a second.' },
  },
};

/** The shapes of answers about routes, as JSON Schemas. */
export const routeSchemas = {
  RouteList: {
    type: 'object',
    required: ['items', 'configuration'],
    properties: {
      items: {
        type: 'array',
        items: {
          type: 'object',
          required: ['id', 'announced', 'problems'],
          description: 'What the folder does not have has no more than its id and its state.',
          properties: {
            id: text,
            line: { type: 'integer', description: 'Where it stands in routes.yaml.' },
            on: { type: 'object', description: 'Which events it is for, as it is written.' },
            when: text,
            target,
            delivery: { enum: ['at-most-once', 'at-least-once', 'effectively-once'] },
            ordered: { type: 'object', properties: { by: text, onFailure: { enum: ['block', 'skip', 'stop'] } } },
            announced: {
              type: 'boolean',
              description: 'Whether a consumer has a configuration with it, or had lately.',
            },
            lastMinute,
            paused,
            problems,
          },
        },
      },
      configuration: {
        type: 'object',
        required: ['state', 'folder'],
        properties: {
          state: {
            enum: ['read', 'broken', 'absent'],
            description: 'broken: consumers would refuse it. absent: the operator cannot read it.',
          },
          folder: { ...text, description: 'Where the operator looks, from MILLRACE_CONFIG.' },
          detail: { ...text, description: 'Why it cannot be read.' },
          problems: { ...problems, description: 'Those that belong to no route above.' },
        },
      },
    },
  },
  RoutePreview: {
    type: 'object',
    required: ['route', 'kind'],
    properties: {
      route: text,
      kind: { enum: ['no-match', 'failed', 'call', 'handler', 'agent'] },
      because: { enum: ['on', 'when'], description: 'What does not accept the event.' },
      at: { enum: ['when', 'with'], description: 'What fails on the event.' },
      why: text,
      target,
      arguments: { type: 'object', description: 'What the tool would be called with.' },
      file: text,
      model: text,
      tools: texts,
    },
  },
};
