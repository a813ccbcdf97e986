import { callQuery } from '../endpoints/servers.js';
import { nameNotFound } from '../error-handler.js';
import { answer, everyAnswer, inPath, inQuery, invalid, refusedBy } from './parts.js';

const name = inPath('name', 'The name of the server.');
const notFound = refusedBy('No consumer has announced a configuration that has it.', nameNotFound('server'));

/** The paths that show the MCP servers. */
export const serverPaths = {
  '/v1/servers': {
    get: {
      summary:
        'The MCP servers, as the consumers that are alive see them, and how their tools did within the last minute',
      responses: { 200: answer('All servers.', 'ServerList'), ...everyAnswer },
    },
  },
  '/v1/servers/{name}/calls': {
    get: {
      summary: 'The last calls of a server, the latest first: 500 that succeeded and 500 that failed, within a day',
      parameters: [name, ...inQuery(callQuery)],
      responses: { 200: answer('A page of them.', 'CallPage'), 400: invalid, 404: notFound, ...everyAnswer },
    },
  },
  '/v1/servers/{name}/tools': {
    get: {
      summary: 'The tools of a server; whoever looks has it asked by a consumer, once a minute at most',
      parameters: [name],
      responses: { 200: answer('What is known of them now.', 'ToolList'), 404: notFound, ...everyAnswer },
    },
  },
};

const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };
const instant = { type: 'string', format: 'date-time' };
const breaker = { type: 'string', enum: ['closed', 'half-open', 'open'] };
const orNull = (type: string, description: string) => ({ type: [type, 'null'], description });

const figures = {
  calls: { ...count, description: 'Calls that ended within the last minute, by the consumers that are alive.' },
  failed: { ...count, description: 'Those of them that did not succeed.' },
  failedShare: orNull('number', '0 to 1; null where there was no call.'),
  p50Ms: orNull('number', 'Half of them were not slower, give or take 5 %.'),
  p95Ms: orNull('number', 'As p50Ms.'),
  p99Ms: orNull('number', 'As p50Ms.'),
};

/** What the paths about servers answer with. */
export const serverSchemas = {
  ServerList: {
    type: 'object',
    required: ['items'],
    properties: {
      items: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            name: text,
            breaker: {
              ...breaker,
              description: 'Of the server as a whole: open as soon as one consumer leaves it alone.',
            },
            calls: { ...count, description: 'Calls under way.' },
            lastMinute: { type: 'object', properties: figures },
            tools: {
              type: 'array',
              description: 'The tools that were called within the last minute, the slowest first.',
              items: { type: 'object', properties: { tool: text, ...figures } },
            },
            paused: {
              type: 'object',
              description: 'Who has paused it, when, and why; absent while it is not paused.',
              properties: { at: instant, from: text, by: text, note: text },
            },
            consumers: {
              type: 'array',
              items: { type: 'object', properties: { consumer: text, breaker, calls: count } },
            },
          },
        },
      },
    },
  },
  CallPage: {
    type: 'object',
    required: ['items'],
    properties: {
      items: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            at: { ...instant, description: 'When it ended.' },
            tool: text,
            route: text,
            ref: { ...text, description: 'Of the event; its record has the arguments and the result.' },
            attempt: count,
            outcome: {
              ...text,
              enum: ['done', 'not-sent', 'refused', 'failed-by-tool', 'unknown', 'invalid-result', 'needs-input'],
            },
            code: { ...text, description: 'Of a call that failed.' },
            durationMs: { type: 'number', minimum: 0 },
            consumer: text,
          },
        },
      },
      next: { ...text, description: 'The cursor of the next page; absent on the last one.' },
    },
  },
  ToolList: {
    type: 'object',
    required: ['items'],
    properties: {
      listedAt: { type: ['string', 'null'], format: 'date-time', description: 'Null while no consumer has asked it.' },
      isAsked: { type: 'boolean', description: 'Whether a consumer asks it now: look again in a few seconds.' },
      isTrusted: orNull('boolean', 'Whether the hints of its tools are believed; null while nothing is known.'),
      problem: {
        ...text,
        description: 'Why it did not list them the last time; the tools are then of the time before.',
      },
      items: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            name: text,
            title: text,
            description: { ...text, description: 'Its beginning.' },
            annotations: { type: 'object', description: "MCP's hints, as the server gives them." },
            digest: { ...text, description: 'Stands for all that the server says about the tool.' },
            pin: {
              ...text,
              enum: ['none', 'accepted', 'changed', 'new', 'missing'],
              description: 'How it compares with tools.lock.json; only `none` and `accepted` are called.',
            },
            changedAt: {
              ...instant,
              description: 'When it was first seen to be other than before; absent while never.',
            },
          },
        },
      },
    },
  },
};
