import type { OutgoingHttpHeaders } from 'node:http';
import type { ToolCallClass, ToolCallErrorCode } from '@millrace/mcp-client';
import { answer, type RawCall, said } from '@millrace/testing';

/** What a server does with a tools/call of tool `echo`, and how the call must be classed. */
export interface FaultRow {
  readonly fault: string;
  readonly serve: (call: RawCall) => void;
  readonly code: ToolCallErrorCode;
  readonly class: ToolCallClass;
}

const json = { 'content-type': 'application/json' };
const eventStream = { 'content-type': 'text/event-stream' };

function status(code: number, headers: OutgoingHttpHeaders = {}, body = '') {
  return ({ response }: RawCall) => {
    response.writeHead(code, headers).end(body);
  };
}

function rpcError(code: number, message = '', httpStatus = 200) {
  return (call: RawCall) =>
    answer(call.response, { jsonrpc: '2.0', id: call.message.id, error: { code, message } }, httpStatus);
}

function result(value: unknown) {
  return ({ response, message }: RawCall) => answer(response, { jsonrpc: '2.0', id: message.id, result: value });
}

function toolError(text: string) {
  return result({ isError: true, content: [{ type: 'text', text }] });
}

function cutAfter(headers: OutgoingHttpHeaders, body: string) {
  return ({ request, response }: RawCall) => {
    response.writeHead(200, headers).write(body, () => request.socket.destroy());
  };
}

const lost = { code: 'TOOL_ANSWER_LOST', class: 'unknown' } as const;
const failing = { code: 'TOOL_SERVER_ERROR', class: 'unknown' } as const;
const throttled = { code: 'TOOL_THROTTLED', class: 'refused' } as const;
const unauthorized = { code: 'TOOL_UNAUTHORIZED', class: 'refused' } as const;
const rejected = { code: 'TOOL_REQUEST_REJECTED', class: 'refused' } as const;
const badArguments = { code: 'TOOL_ARGUMENTS_INVALID', class: 'refused' } as const;
const noSuchTool = { code: 'TOOL_UNKNOWN', class: 'refused' } as const;
const badResult = { code: 'TOOL_RESULT_INVALID', class: 'invalid-result' } as const;
const reported = { code: 'TOOL_REPORTED_ERROR', class: 'failed-by-tool' } as const;

export const faultTable: readonly FaultRow[] = [
  { fault: 'a reset after the call was sent', serve: ({ request }) => void request.socket.resetAndDestroy(), ...lost },
  { fault: 'a close after the call was sent', serve: ({ request }) => void request.socket.end(), ...lost },
  { fault: 'an answer cut in the middle', serve: cutAfter({ ...json, 'content-length': 500 }, '{"jsonrpc"'), ...lost },
  { fault: 'an event stream that ends without the answer', serve: status(200, eventStream, ': none\n\n'), ...lost },
  { fault: 'an event stream that breaks', serve: cutAfter(eventStream, 'id: 1\ndata: \n\n'), ...lost },
  { fault: 'HTTP 202', serve: status(202), ...lost },
  { fault: 'HTTP 204', serve: status(204), ...lost },
  { fault: 'an empty body', serve: status(200, json), ...lost },
  { fault: 'garbage', serve: status(200, json, '{"jsonrpc": "2.0", "id"'), ...lost },
  { fault: 'a web page', serve: status(200, { 'content-type': 'text/html' }, '<h1>Welcome</h1>'), ...lost },
  {
    fault: 'the answer to another request',
    serve: ({ response, message }) => answer(response, said({ ...message, id: 999 }, 'hello')),
    ...lost,
  },
  { fault: 'HTTP 500', serve: status(500), ...failing },
  { fault: 'HTTP 500 with a JSON-RPC error', serve: rpcError(-32602, 'x', 500), ...failing },
  { fault: 'HTTP 502', serve: status(502), ...failing },
  { fault: 'HTTP 504', serve: status(504), ...failing },
  { fault: 'HTTP 503 without Retry-After', serve: status(503), ...failing },
  { fault: 'HTTP 503 with Retry-After', serve: status(503, { 'retry-after': '7' }), ...throttled },
  { fault: 'HTTP 429', serve: status(429), ...throttled },
  { fault: 'HTTP 401', serve: status(401), ...unauthorized },
  {
    fault: 'HTTP 403 that asks for a wider scope',
    serve: status(403, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="x"' }),
    ...unauthorized,
  },
  { fault: 'HTTP 404', serve: status(404), code: 'TOOL_UNREACHABLE', class: 'refused' },
  { fault: 'HTTP 400', serve: status(400), ...rejected },
  { fault: 'HTTP 413 with a long body', serve: status(413, {}, 'x'.repeat(200_000)), ...rejected },
  { fault: 'a redirect that changes the method', serve: status(303, { location: '/other' }), ...rejected },
  { fault: 'a redirect round in circles', serve: status(307, { location: '/mcp' }), ...rejected },
  { fault: 'JSON-RPC -32602', serve: rpcError(-32602, 'amount must be positive'), ...badArguments },
  { fault: 'JSON-RPC -32602 that names the tool', serve: rpcError(-32602, 'Tool echo not found'), ...noSuchTool },
  { fault: 'JSON-RPC -32602 about the result', serve: rpcError(-32602, 'Invalid tools/call result: x'), ...badResult },
  { fault: 'JSON-RPC -32601', serve: rpcError(-32601, '', 404), ...noSuchTool },
  { fault: 'JSON-RPC -32020', serve: rpcError(-32020, '', 400), ...rejected },
  { fault: 'JSON-RPC -32021', serve: rpcError(-32021, '', 400), code: 'TOOL_NEEDS_INPUT', class: 'needs-input' },
  { fault: 'JSON-RPC -32022', serve: rpcError(-32022, '', 400), code: 'TOOL_SESSION_LOST', class: 'refused' },
  { fault: 'JSON-RPC -32603', serve: rpcError(-32603), ...failing },
  { fault: 'JSON-RPC -32000', serve: rpcError(-32000), ...failing },
  { fault: 'a result with content that is none', serve: result({ content: 'none' }), ...badResult },
  { fault: 'a result that is no object', serve: result(7), ...badResult },
  { fault: 'a result nested too deep', serve: status(200, json, `{"a":${'['.repeat(100_000)}`), ...badResult },
  {
    fault: 'a result that is too large',
    serve: result({ content: [{ type: 'text', text: 'x'.repeat(2_000_000) }] }),
    code: 'TOOL_RESULT_TOO_LARGE',
    class: 'invalid-result',
  },
  {
    fault: 'an event that is too large and never ends',
    serve: status(200, eventStream, `data: ${'x'.repeat(2_000_000)}`),
    code: 'TOOL_RESULT_TOO_LARGE',
    class: 'invalid-result',
  },
  { fault: 'an error of the tool', serve: toolError('out of stock'), ...reported },
  { fault: 'an error without words', serve: result({ isError: true, content: [] }), ...reported },
  { fault: 'an error that the tool passes on', serve: toolError('MCP error -32602: Tool x not found'), ...reported },
];
