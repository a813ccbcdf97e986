import { afterEach, describe, expect, it } from '@jest/globals';
import { createToolCaller, type ServerSettings } from '@millrace/mcp-client';
import {
  answer,
  type RawCall,
  type RpcRequest,
  said,
  serve,
  serveCalls,
  type TestServer,
  waitUntil,
} from '@millrace/testing';
import { faultTable } from './fault-table.js';

const never = new AbortController().signal;
// An outcome that took this long would be TOOL_TIMEOUT, which no row expects.
const call = { server: 'shop', tool: 'echo', arguments: {}, idempotencyKey: 'k', timeoutMs: 45_000 };
let server: TestServer | undefined;

afterEach(() => server?.kill());

async function callOnce(target: TestServer, settings: Partial<ServerSettings> = {}) {
  server = target;
  const caller = createToolCaller([{ name: 'shop', url: target.url, privateAddresses: true, ...settings }]);
  try {
    return await caller.call(call, never);
  } finally {
    await caller.close();
    await waitUntil(() => target.openSockets() === 0, 'every connection is closed');
  }
}

describe('call, when the server answers a call with a fault', () => {
  it.each(faultTable)('classes $fault as $code, $class', async ({ serve: onCall, code, class: callClass }) => {
    const outcome = await callOnce(await serveCalls(onCall));
    expect(outcome).toMatchObject({ kind: 'failed', error: { code, class: callClass }, facts: { dispatched: true } });
  });

  it('sends a call once, except where the server turned it away for its session', async () => {
    const calls = new Map<string, number>();
    for (const { fault, serve: onCall } of faultTable) {
      const count = (raw: RawCall) => {
        calls.set(fault, (calls.get(fault) ?? 0) + 1);
        onCall(raw);
      };
      await callOnce(await serveCalls(count));
      await server?.kill();
    }
    const repeated = [...calls].filter(([, count]) => count > 1).map(([fault]) => fault);
    // A redirect within the origin is followed, at most five times.
    expect(repeated).toEqual(['HTTP 404', 'HTTP 400', 'a redirect round in circles', 'JSON-RPC -32022']);
  });

  it('tells how long the server asked to be left alone', async () => {
    const onCall = ({ response }: RawCall) => void response.writeHead(503, { 'retry-after': '7' }).end();
    const outcome = await callOnce(await serveCalls(onCall));
    expect(outcome).toMatchObject({ error: { retryAfterMs: 7_000, details: { status: 503 } }, facts: { status: 503 } });
  });

  it('quotes the first words of the tool, and no more', async () => {
    const content = [{ type: 'text', text: `out of stock ${'x'.repeat(1_000)}` }];
    const onCall = ({ response, message }: RawCall) =>
      answer(response, { jsonrpc: '2.0', id: message.id, result: { isError: true, content } });
    const outcome = await callOnce(await serveCalls(onCall));
    expect(outcome).toMatchObject({
      error: { message: expect.stringMatching(/reported an error: out of stock x{1,200}…$/) },
    });
  });

  it('accepts a result up to the configured size and depth, and no further', async () => {
    const onCall = ({ response, message }: RawCall) => answer(response, said(message, 'x'.repeat(5_000)));
    expect(await callOnce(await serveCalls(onCall), { maxResultBytes: 6_000 })).toMatchObject({ kind: 'ok' });
    await server?.kill();
    const outcome = await callOnce(await serveCalls(onCall), { maxResultBytes: 4_000 });
    expect(outcome).toMatchObject({ error: { code: 'TOOL_RESULT_TOO_LARGE' } });
    await server?.kill();
    expect(await callOnce(await serveCalls(onCall), { maxResultDepth: 4 })).toMatchObject({ kind: 'ok' });
    await server?.kill();
    expect(await callOnce(await serveCalls(onCall), { maxResultDepth: 3 })).toMatchObject({
      error: { code: 'TOOL_RESULT_INVALID', class: 'invalid-result' },
    });
  });

  it('takes the answer from an event stream that goes on, cut anywhere, among other messages', async () => {
    const onCall = async ({ response, message }: RawCall) => {
      const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress: 1 } };
      const events = [progress, said(message, 'grüezi')].map(
        (event) => `: ping\r\ndata: ${JSON.stringify(event)}\r\n\r\n`,
      );
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const byte of Buffer.from(events.join(''))) {
        await new Promise((written) => response.write(Buffer.of(byte), written));
      }
    };
    const outcome = await callOnce(await serveCalls((raw) => void onCall(raw)));
    expect(outcome).toMatchObject({ kind: 'ok', result: { content: [{ type: 'text', text: 'grüezi' }] } });
  });
});

describe('call, when the answer comes on an event stream', () => {
  it('closes a stream that goes on after its answer', async () => {
    let stream: RawCall['response'] | undefined;
    server = await serveCalls(({ response, message }) => {
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(said(message, 'hello'))}\n\n`);
    });
    const caller = createToolCaller([{ name: 'shop', url: server.url, privateAddresses: true }]);
    expect(await caller.call(call, never)).toMatchObject({ kind: 'ok' });
    await waitUntil(() => stream?.closed, 'the stream is closed');
    await caller.close();
  });
});

describe('call, in a session', () => {
  it('gives up as refused when the server does not know the new session either', async () => {
    let calls = 0;
    const forgetful = await serveCalls(
      ({ response }) => {
        calls += 1;
        response.writeHead(404).end();
      },
      (message, response) => {
        if (message.method === 'initialize') response.setHeader('mcp-session-id', 'one');
      },
    );
    const outcome = await callOnce(forgetful);
    expect(outcome).toMatchObject({ error: { code: 'TOOL_SESSION_LOST', class: 'refused', retryable: true } });
    expect(calls).toBe(2);
  });
});

describe('call, when the handshake fails', () => {
  it.each([
    [401, {}, 'TOOL_UNAUTHORIZED', false],
    [429, { 'retry-after': '3' }, 'TOOL_THROTTLED', true],
    [503, { 'retry-after': '3' }, 'TOOL_THROTTLED', true],
    [500, {}, 'TOOL_UNREACHABLE', true],
    [404, {}, 'TOOL_UNREACHABLE', true],
    [202, {}, 'TOOL_UNREACHABLE', true],
  ])('classes HTTP %i %j as %s, not-sent', async (status, headers, code, retryable) => {
    const outcome = await callOnce(await serve((_request, response) => void response.writeHead(status, headers).end()));
    expect(outcome).toMatchObject({ error: { code, class: 'not-sent', retryable }, facts: { dispatched: false } });
    if ('retry-after' in headers) expect(outcome).toMatchObject({ error: { retryAfterMs: 3_000 } });
  });

  it.each(['initialize', 'notifications/initialized'])('never sends the call when %s breaks', async (method) => {
    const calls: RpcRequest[] = [];
    const healthy = await serveCalls(({ message }) => void calls.push(message));
    const proxy = await serve(async (request, response, body) => {
      if (JSON.parse(body || '{}').method === method) {
        request.socket.destroy();
        return;
      }
      const reply = await fetch(healthy.url, { method: 'POST', body });
      response.writeHead(reply.status, { 'content-type': 'application/json' }).end(await reply.text());
    });
    const outcome = await callOnce(proxy);
    await healthy.kill();
    expect(outcome).toMatchObject({
      error: { code: 'TOOL_UNREACHABLE', class: 'not-sent' },
      facts: { dispatched: false },
    });
    expect(calls).toEqual([]);
  });
});
