import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type CallOutcome, createToolCaller, type ToolCall } from '@millrace/mcp-client';
import { answer, said, serve, serveCalls, type TestServer } from '@millrace/testing';

let server: TestServer | undefined;
const call: ToolCall = { server: 'shop', tool: 'echo', arguments: {}, idempotencyKey: 'k', timeoutMs: 45_000 };

afterEach(() => server?.kill());

/** Makes `count` calls, 16 at a time, all under one signal. */
async function callMany(url: string, count: number, signal: AbortSignal): Promise<CallOutcome[]> {
  const caller = createToolCaller([{ name: 'shop', url, privateAddresses: true, breaker: false }]);
  const outcomes: CallOutcome[] = [];
  const line = async () => {
    while (outcomes.length < count) outcomes.push(await caller.call(call, signal));
  };
  await Promise.all(Array.from({ length: 16 }, line));
  await caller.close();
  return outcomes;
}

describe('many calls of one caller under one signal', () => {
  it.each([
    ['good', 'ok'],
    ['failing', 'unknown'],
  ])('leave no listener behind and cancel no finished call, %s ones', async (kind, expected) => {
    const messages: string[] = [];
    server = await serveCalls(
      ({ response, message }) => {
        if (kind === 'good') answer(response, said(message, 'ok'));
        else response.writeHead(503).end();
      },
      ({ method }) => void messages.push(method),
    );
    const controller = new AbortController();
    const outcomes = await callMany(server.url, 2_000, controller.signal);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    controller.abort();
    const kinds = outcomes.map((outcome) => (outcome.kind === 'ok' ? 'ok' : outcome.error.class));
    expect(new Set(kinds)).toEqual(new Set([expected]));
    expect(messages).not.toContain('notifications/cancelled');
  });
});

describe('a call', () => {
  it('opens no standing stream, so none can be lost', async () => {
    const methods: string[] = [];
    const inner = await serveCalls(({ response, message }) => answer(response, said(message, 'ok')));
    server = await serve(async (request, response, body) => {
      methods.push(String(request.method));
      const reply = await fetch(inner.url, { method: 'POST', body });
      response.writeHead(reply.status, { 'content-type': 'application/json' }).end(await reply.text());
    });
    await callMany(server.url, 3, new AbortController().signal);
    await inner.kill();
    expect(new Set(methods)).toEqual(new Set(['POST']));
  });
});
