import { describe, expect, it } from '@jest/globals';
import { createToolCaller } from '@millrace/mcp-client';
import { startLegacyServer, startModernServer } from '../mcp-servers.js';
import { aCall, callerFor, errorOf, never, remember } from './calls.js';

const servers = [
  ['2025-11-25 with sessions, event stream', () => startLegacyServer()],
  ['2025-11-25 with sessions, JSON', () => startLegacyServer({ json: true })],
  ['2026-07-28 only', () => startModernServer()],
  ['both revisions', () => startModernServer({ legacy: true })],
] as const;

describe.each(servers)('call, to a server that speaks %s', (_revision, start) => {
  it('returns the content of the result', async () => {
    const server = remember(await start());
    const outcome = await callerFor(server).call(aCall(), never);
    expect(outcome).toMatchObject({
      kind: 'ok',
      result: { content: [{ type: 'text', text: 'hello' }], sizeBytes: expect.any(Number) },
      facts: { dispatched: true, status: 200 },
    });
  });

  it('sends the idempotency key and the trace context in _meta', async () => {
    const server = remember(await start());
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await callerFor(server).call(aCall({ traceparent, tracestate: 'a=1' }), never);
    expect(server.seen).toEqual([
      expect.objectContaining({ 'millrace.dev/idempotency-key': 'key-1', traceparent, tracestate: 'a=1' }),
    ]);
  });

  it.each([
    ['nope', {}, 'TOOL_UNKNOWN', 'refused', false],
    ['echo', { say: 7 }, 'TOOL_ARGUMENTS_INVALID', 'refused', false],
    ['fail', {}, 'TOOL_REPORTED_ERROR', 'failed-by-tool', true],
  ])('classes tool %s called with %j as %s, %s', async (tool, args, code, callClass, retryable) => {
    const server = remember(await start());
    const outcome = await callerFor(server).call(aCall({ tool, arguments: args }), never);
    expect(outcome).toMatchObject({ kind: 'failed', error: { code, class: callClass, retryable } });
    expect(server.seen).toEqual([]);
  });

  it('repeats what a server dislikes about the arguments: without it nobody could mend them', async () => {
    const server = remember(await start());
    const { message } = errorOf(await callerFor(server).call(aCall({ arguments: { say: 7 } }), never));
    expect(message).toMatch(
      /^tool 'echo' on server 'shop' does not accept the arguments: (?=.*\bsay\b).*expected string/,
    );
  });

  it('opens one connection for calls that start together', async () => {
    const server = remember(await start());
    const caller = callerFor(server);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => caller.call(aCall(), never)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(10).fill('ok'));
    expect(server.requests.filter((request) => request === 'POST server/discover')).toHaveLength(1);
    expect(server.requests.filter((request) => request === 'POST initialize').length).toBeLessThanOrEqual(1);
  });
});

describe('call', () => {
  it('names a server that is not configured', async () => {
    const caller = remember(createToolCaller([]));
    expect(errorOf(await caller.call(aCall(), never))).toMatchObject({ code: 'SERVER_UNKNOWN', class: 'not-sent' });
  });

  it('classes a result that breaks the server’s own output schema as invalid, not as a failure to repeat', async () => {
    const server = remember(await startLegacyServer());
    const outcome = await callerFor(server).call(aCall({ tool: 'lie', arguments: {} }), never);
    expect(errorOf(outcome)).toMatchObject({ code: 'TOOL_RESULT_INVALID', class: 'invalid-result', retryable: false });
    expect(server.seen).toHaveLength(1);
  });

  it('returns structured content', async () => {
    const server = remember(await startModernServer());
    const outcome = await callerFor(server).call(aCall({ tool: 'sum', arguments: {} }), never);
    expect(outcome).toMatchObject({ kind: 'ok', result: { structuredContent: { sum: 3 } } });
  });

  it('classes a tool that asks for input as needs-input', async () => {
    const server = remember(await startModernServer());
    const outcome = await callerFor(server).call(aCall({ tool: 'refund', arguments: {} }), never);
    expect(errorOf(outcome)).toMatchObject({ code: 'TOOL_NEEDS_INPUT', class: 'needs-input', retryable: false });
  });

  it('tells a tool of the older revision at once that nobody answers in the middle of a call', async () => {
    const server = remember(await startLegacyServer());
    const outcome = await callerFor(server).call(aCall({ tool: 'refund', arguments: {}, timeoutMs: 20_000 }), never);
    expect(errorOf(outcome)).toMatchObject({ code: 'TOOL_REPORTED_ERROR', class: 'failed-by-tool' });
    expect(errorOf(outcome)?.message).toContain('nobody is there to answer');
  });

  it('sends arguments as headers where the tool’s schema asks for it', async () => {
    const server = remember(await startModernServer());
    const caller = callerFor(server);
    for (const region of ['eu', 'us']) {
      const outcome = await caller.call(aCall({ tool: 'route', arguments: { region } }), never);
      expect(outcome).toMatchObject({ kind: 'ok', result: { content: [{ text: region }] } });
    }
    expect(server.requests.filter((request) => request === 'POST tools/list')).toHaveLength(1);
  });
});
