import type { OutgoingHttpHeaders } from 'node:http';
import type { ServerSettings } from '@millrace/mcp-client';
import { answer, freePort, type RawCall, said, serveCalls, type TestServer } from '@millrace/testing';

/** What becomes of a delivery after its first attempt: its state, and the reason where it is dead. */
export type Fate = 'done' | 'retrying' | `dead: ${string}`;

/** One situation that a tool server can bring about, how its call is classed, and what a route then does. */
export interface Row {
  readonly situation: string;
  readonly serve: () => Promise<Pick<TestServer, 'url' | 'kill'>>;
  /** `ok`, or code and class. */
  readonly outcome: string;
  /** By the guarantee of the route; no row's tool is known to be safe to repeat. */
  readonly fates: readonly [atLeastOnce: Fate, effectivelyOnce: Fate, atMostOnce: Fate];
  readonly settings?: Partial<ServerSettings>;
  readonly timeout?: string;
}

const json = { 'content-type': 'application/json' };
const eventStream = { 'content-type': 'text/event-stream' };

const unknown = ['retrying', 'dead: outcome-unknown', 'dead: outcome-unknown'] as const;
const notSent = ['retrying', 'retrying', 'retrying'] as const;
const refused = ['dead: refused', 'dead: refused', 'dead: refused'] as const;
const turnedAway = ['retrying', 'retrying', 'dead: refused'] as const;
const unusable = ['dead: refused', 'dead: outcome-unknown', 'dead: outcome-unknown'] as const;
const done = ['done', 'done', 'done'] as const;

function reply(status: number, headers: OutgoingHttpHeaders = {}, body = '') {
  return () => serveCalls(({ response }) => void response.writeHead(status, headers).end(body));
}

const answers = (words: string) => () => serveCalls(({ response, message }) => answer(response, said(message, words)));

function cutAfter(headers: OutgoingHttpHeaders, body: string) {
  return () =>
    serveCalls(({ request, response }) => {
      response.writeHead(200, headers).write(body, () => request.socket.destroy());
    });
}

/** Keeps sessions, and forgets each after the handshake as often as it is told to. */
function forgetsSessions(times: number) {
  let opened = 0;
  return serveCalls(
    ({ request, response, message }) => {
      const isKnown = request.headers['mcp-session-id'] === `session-${opened}` && opened > times;
      if (isKnown) answer(response, said(message, 'hello'));
      else answer(response, { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } }, 404);
    },
    ({ method }, response) => {
      if (method === 'initialize') response.setHeader('mcp-session-id', `session-${++opened}`);
    },
  );
}

/** The tool's output schema has changed since the SDK could have read it: the result is good all the same. */
function changesSchema({ response, message }: RawCall) {
  const result = { content: [{ type: 'text', text: '3' }], structuredContent: { total: '3' } };
  answer(response, { jsonrpc: '2.0', id: message.id, result });
}

async function nobody() {
  return { url: `http://127.0.0.1:${await freePort()}/mcp`, kill: async () => {} };
}

/**
 * What servers have been seen to do (the facts behind decision 0004), and what becomes of it here. The codes of
 * JSON-RPC and the finer points of HTTP have a table of their own beside the tool caller.
 */
export const faultTable: readonly Row[] = [
  { situation: 'it is down', serve: nobody, outcome: 'TOOL_UNREACHABLE, not-sent', fates: notSent },
  { situation: 'it forgot its sessions in a restart', serve: () => forgetsSessions(1), outcome: 'ok', fates: done },
  {
    situation: 'it forgets every session at once',
    serve: () => forgetsSessions(1_000),
    outcome: 'TOOL_SESSION_LOST, refused',
    fates: turnedAway,
  },
  {
    situation: 'the stream of the answer ends before the answer',
    serve: reply(200, eventStream, ': none\n\n'),
    outcome: 'TOOL_ANSWER_LOST, unknown',
    fates: unknown,
  },
  {
    situation: 'the stream of the answer breaks',
    serve: cutAfter(eventStream, 'id: 1\ndata: \n\n'),
    outcome: 'TOOL_ANSWER_LOST, unknown',
    fates: unknown,
  },
  {
    situation: 'the connection breaks after the call was sent',
    serve: () => serveCalls(({ request }) => void request.socket.resetAndDestroy()),
    outcome: 'TOOL_ANSWER_LOST, unknown',
    fates: unknown,
  },
  { situation: 'it answers 202', serve: reply(202), outcome: 'TOOL_ANSWER_LOST, unknown', fates: unknown },
  {
    situation: 'it answers another request',
    serve: () => serveCalls(({ response, message }) => answer(response, said({ ...message, id: 999 }, 'hello'))),
    outcome: 'TOOL_ANSWER_LOST, unknown',
    fates: unknown,
  },
  { situation: 'it answers 500', serve: reply(500), outcome: 'TOOL_SERVER_ERROR, unknown', fates: unknown },
  { situation: 'it answers 503', serve: reply(503), outcome: 'TOOL_SERVER_ERROR, unknown', fates: unknown },
  {
    situation: 'it answers 503 with Retry-After',
    serve: reply(503, { 'retry-after': '7' }),
    outcome: 'TOOL_THROTTLED, refused',
    fates: turnedAway,
  },
  {
    situation: 'it answers 429',
    serve: reply(429, { 'retry-after': '7' }),
    outcome: 'TOOL_THROTTLED, refused',
    fates: turnedAway,
  },
  { situation: 'it answers 401', serve: reply(401), outcome: 'TOOL_UNAUTHORIZED, refused', fates: refused },
  { situation: 'it answers 403', serve: reply(403), outcome: 'TOOL_UNAUTHORIZED, refused', fates: refused },
  {
    situation: 'it answers with a web page',
    serve: reply(200, { 'content-type': 'text/html' }, '<h1>Welcome</h1>'),
    outcome: 'TOOL_ANSWER_LOST, unknown',
    fates: unknown,
  },
  {
    situation: 'its answer is cut in the middle of the JSON',
    serve: reply(200, json, '{"jsonrpc": "2.0", "id"'),
    outcome: 'TOOL_ANSWER_LOST, unknown',
    fates: unknown,
  },
  {
    situation: 'it never answers',
    serve: () => serveCalls(() => {}),
    outcome: 'TOOL_TIMEOUT, unknown',
    fates: unknown,
    timeout: '1s',
  },
  {
    situation: 'it keeps the stream alive and never answers',
    serve: () =>
      serveCalls(({ response }) => {
        response.writeHead(200, eventStream).write(': keepalive\n\n');
        const beat = setInterval(() => response.write(': keepalive\n\n'), 50);
        response.on('close', () => clearInterval(beat));
      }),
    outcome: 'TOOL_TIMEOUT, unknown',
    fates: unknown,
    timeout: '1s',
  },
  {
    situation: 'its result is larger than is taken',
    serve: answers('x'.repeat(100_000)),
    settings: { maxResultBytes: 10_000 },
    outcome: 'TOOL_RESULT_TOO_LARGE, invalid-result',
    fates: unusable,
  },
  {
    situation: 'its result is nested deeper than is taken',
    serve: reply(200, json, `{"a":${'['.repeat(100_000)}`),
    outcome: 'TOOL_RESULT_INVALID, invalid-result',
    fates: unusable,
  },
  {
    situation: 'its schema changed without a word',
    serve: () => serveCalls(changesSchema),
    outcome: 'ok',
    fates: done,
  },
  {
    situation: 'its tool says that it failed',
    serve: () =>
      serveCalls(({ response, message }) => {
        const result = { isError: true, content: [{ type: 'text', text: 'out of stock' }] };
        answer(response, { jsonrpc: '2.0', id: message.id, result });
      }),
    outcome: 'TOOL_REPORTED_ERROR, failed-by-tool',
    fates: ['retrying', 'retrying', 'dead: failed-by-tool'],
  },
  {
    situation: 'its tool is gone',
    serve: () =>
      serveCalls(({ response, message }) => {
        const error = { code: -32602, message: 'Tool echo not found' };
        answer(response, { jsonrpc: '2.0', id: message.id, error });
      }),
    outcome: 'TOOL_UNKNOWN, refused',
    fates: refused,
  },
  { situation: 'all is well', serve: answers('hello'), outcome: 'ok', fates: done },
];
