import { afterEach, describe, expect, it } from '@jest/globals';
import { type CallOutcome, createToolCaller, type ServerSettings, type ToolCall } from '@millrace/mcp-client';
import { answer, type RawCall, said, serve, serveCalls, waitUntil } from '@millrace/testing';
import { startLegacyServer, startModernServer } from './mcp-servers.js';

const opened: { close?: () => Promise<void>; kill?: () => Promise<void> }[] = [];
const never = new AbortController().signal;

function remember<T extends { close(): Promise<void> } | { kill(): Promise<void> }>(resource: T): T {
  opened.push(resource);
  return resource;
}

function callerFor(server: { url: string }, settings: Partial<ServerSettings> = {}) {
  return remember(createToolCaller([{ name: 'shop', url: server.url, privateAddresses: true, ...settings }]));
}

function aCall(overrides: Partial<ToolCall> = {}): ToolCall {
  return {
    server: 'shop',
    tool: 'echo',
    arguments: { say: 'hello' },
    idempotencyKey: 'key-1',
    timeoutMs: 20_000,
    ...overrides,
  };
}

function errorOf(outcome: CallOutcome) {
  if (outcome.kind === 'ok') throw new Error('the call succeeded');
  return outcome.error;
}

afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) {
    await resource.close?.();
    await resource.kill?.();
  }
});

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

describe('call, to real servers', () => {
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

  it('succeeds after a restart that forgot every session, and runs each call once', async () => {
    const first = remember(await startLegacyServer());
    const caller = callerFor(first);
    await caller.call(aCall(), never);
    await first.kill();
    const second = remember(await startLegacyServer({ port: first.port }));
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, n) => caller.call(aCall({ idempotencyKey: `key-${n}` }), never)),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(8).fill('ok'));
    expect(second.seen).toHaveLength(8);
    expect(second.requests.filter((request) => request === 'POST initialize')).toHaveLength(1);
  });

  it('asks again which revision is spoken when a server was replaced by one of the other revision', async () => {
    const legacy = remember(await startLegacyServer());
    const caller = callerFor(legacy);
    await caller.call(aCall(), never);
    await legacy.kill();
    const modern = remember(await startModernServer({ port: legacy.port }));
    expect(await caller.call(aCall(), never)).toMatchObject({ kind: 'ok' });
    await modern.kill();
    const legacyAgain = remember(await startLegacyServer({ port: legacy.port }));
    expect(await caller.call(aCall(), never)).toMatchObject({ kind: 'ok' });
    expect(legacyAgain.seen).toHaveLength(1);
  });

  it('leaves no call stuck when a server is restarted under load', async () => {
    let server = remember(await startLegacyServer());
    const { port } = server;
    const caller = callerFor(server, { maxConcurrency: 8, breaker: false });
    const outcomes: CallOutcome[] = [];
    const load = Array.from({ length: 8 }, async () => {
      while (outcomes.length < 400) outcomes.push(await caller.call(aCall({ timeoutMs: 60_000 }), never));
    });
    await waitUntil(() => outcomes.length > 100, 'a hundred calls are done');
    await server.kill();
    server = remember(await startLegacyServer({ port }));
    await Promise.all(load);
    const classes = new Set(outcomes.flatMap((outcome) => (outcome.kind === 'ok' ? [] : [outcome.error.class])));
    expect([...classes].filter((callClass) => callClass !== 'not-sent' && callClass !== 'unknown')).toEqual([]);
    expect(await caller.call(aCall(), never)).toMatchObject({ kind: 'ok' });
  });

  it('says not-sent where nothing listens, and succeeds as soon as something does', async () => {
    const gone = remember(await startLegacyServer());
    await gone.kill();
    const caller = callerFor(gone);
    const outcome = await caller.call(aCall(), never);
    expect(outcome).toMatchObject({
      error: { code: 'TOOL_UNREACHABLE', class: 'not-sent', retryable: true },
      facts: { dispatched: false },
    });
    remember(await startLegacyServer({ port: gone.port }));
    expect(await caller.call(aCall(), never)).toMatchObject({ kind: 'ok' });
  });

  it('says not-sent when a server it was connected to is gone', async () => {
    const server = remember(await startModernServer());
    const caller = callerFor(server);
    await caller.call(aCall(), never);
    await server.kill();
    const outcome = await caller.call(aCall(), never);
    expect(outcome).toMatchObject({
      error: { code: 'TOOL_UNREACHABLE', class: 'not-sent' },
      facts: { dispatched: false },
    });
  });

  it('tells the server to end the session when it is closed, and closes every connection', async () => {
    const server = remember(await startLegacyServer());
    const caller = callerFor(server);
    await caller.call(aCall(), never);
    await Promise.all([caller.close(), caller.close()]);
    expect(server.requests.at(-1)).toBe('DELETE');
    await waitUntil(() => server.openSockets() === 0, 'every connection is closed');
    expect(errorOf(await caller.call(aCall(), never))).toMatchObject({ code: 'TOOL_ABORTED', class: 'not-sent' });
  });
});

describe('call', () => {
  it('names a server that is not configured', async () => {
    const caller = remember(createToolCaller([]));
    expect(errorOf(await caller.call(aCall(), never))).toMatchObject({ code: 'SERVER_UNKNOWN', class: 'not-sent' });
  });

  it('never has more calls in flight at a server than its maxConcurrency', async () => {
    const held: RawCall[] = [];
    let most = 0;
    const server = remember(
      await serveCalls((call) => {
        most = Math.max(most, held.push(call));
        // Answered one turn later, so that a call too many would be seen.
        if (held.length === 3) {
          setImmediate(() => {
            for (const { response, message } of held.splice(0)) answer(response, said(message, 'ok'));
          });
        }
      }),
    );
    const caller = callerFor(server, { maxConcurrency: 3 });
    const outcomes = await Promise.all(Array.from({ length: 39 }, () => caller.call(aCall(), never)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(39).fill('ok'));
    expect(most).toBe(3);
  });

  it('says not-sent when no slot becomes free within the call’s time', async () => {
    const server = remember(await serveCalls(() => {}));
    const caller = callerFor(server, { maxConcurrency: 1 });
    const first = new AbortController();
    const stuck = caller.call(aCall(), first.signal);
    const waiting = await caller.call(aCall({ timeoutMs: 50 }), never);
    expect(waiting).toMatchObject({ error: { code: 'TOOL_BUSY', class: 'not-sent' }, facts: { dispatched: false } });
    first.abort();
    await stuck;
  });

  it('ends at once when its signal is aborted, as unknown once it was sent', async () => {
    let arrived = 0;
    const server = remember(
      await serveCalls(() => {
        arrived += 1;
      }),
    );
    const caller = callerFor(server);
    const controller = new AbortController();
    const calling = caller.call(aCall(), controller.signal);
    await waitUntil(() => arrived === 1, 'the call arrives');
    controller.abort();
    expect(errorOf(await calling)).toMatchObject({ code: 'TOOL_ABORTED', class: 'unknown' });
    expect(errorOf(await caller.call(aCall(), controller.signal))).toMatchObject({ class: 'not-sent' });
    expect(arrived).toBe(1);
  });

  it('aborts calls in flight when it is closed', async () => {
    let arrived = 0;
    const server = remember(
      await serveCalls(() => {
        arrived += 1;
      }),
    );
    const caller = callerFor(server);
    const calling = caller.call(aCall(), never);
    await waitUntil(() => arrived === 1, 'the call arrives');
    await caller.close();
    expect(errorOf(await calling)).toMatchObject({ code: 'TOOL_ABORTED', class: 'unknown' });
  });

  it('leaves no connection behind after calls that timed out, and cancels them at the server', async () => {
    const cancelled: unknown[] = [];
    const server = remember(
      await serveCalls(
        ({ response, message }) => {
          if (message.params?.name === 'warm-up') answer(response, said(message, 'ready'));
        },
        ({ method }) => {
          if (method === 'notifications/cancelled') cancelled.push(method);
        },
      ),
    );
    const caller = callerFor(server);
    await caller.call(aCall({ tool: 'warm-up' }), never);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => caller.call(aCall({ timeoutMs: 1_500 }), never)),
    );
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ error: { code: 'TOOL_TIMEOUT', class: 'unknown' }, facts: { dispatched: true } });
    }
    await waitUntil(() => cancelled.length > 0, 'calls are cancelled');
    // Those of the warm-up and of the cancellations may be kept alive; the calls' own were cut.
    await waitUntil(() => server.openSockets() <= 5, 'connections are closed');
    await caller.close();
    await waitUntil(() => server.openSockets() === 0, 'every connection is closed');
  });

  it('says not-sent when the handshake takes longer than the call has time', async () => {
    const silent = remember(await serve(() => {}));
    const outcome = await callerFor(silent).call(aCall({ timeoutMs: 100 }), never);
    expect(errorOf(outcome)).toMatchObject({ code: 'TOOL_UNREACHABLE', class: 'not-sent' });
  });

  it('keeps credentials and calls within the origin of the server', async () => {
    const stolen: unknown[] = [];
    const thief = remember(await serveCalls(({ request }) => void stolen.push(request.headers)));
    const credentials: unknown[] = [];
    const server = remember(
      await serveCalls(({ request, response }) => {
        credentials.push([request.headers.authorization, request.headers['x-tenant']]);
        response.writeHead(307, { location: thief.url }).end();
      }),
    );
    const caller = callerFor(server, {
      credentials: { kind: 'bearer', token: 's3cret' },
      headers: { 'x-tenant': 't1' },
    });
    const error = errorOf(await caller.call(aCall(), never));
    expect(error).toMatchObject({ code: 'TOOL_REQUEST_REJECTED', class: 'refused', retryable: false });
    expect(credentials).toEqual([['Bearer s3cret', 't1']]);
    expect(stolen).toEqual([]);
    expect(thief.openSockets()).toBe(0);
    expect(`${error.message} ${JSON.stringify(error.details)}`).not.toContain('s3cret');
  });

  it('leaves out a trace context that is not well formed', async () => {
    const metas: unknown[] = [];
    const server = remember(
      await serveCalls(({ response, message }) => {
        metas.push(message.params?._meta);
        answer(response, said(message, 'ok'));
      }),
    );
    await callerFor(server).call(aCall({ traceparent: 'x\r\ny: z', tracestate: 'a=1' }), never);
    expect(metas).toEqual([{ 'millrace.dev/idempotency-key': 'key-1' }]);
  });

  it('says not-sent for arguments that JSON cannot carry', async () => {
    const server = remember(await serveCalls(({ response, message }) => answer(response, said(message, 'ok'))));
    const outcome = await callerFor(server).call(aCall({ arguments: { amount: 10n } }), never);
    expect(errorOf(outcome)).toMatchObject({ code: 'TOOL_ARGUMENTS_INVALID', class: 'not-sent', retryable: false });
  });
});
