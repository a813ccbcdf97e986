import { afterEach, describe, expect, it } from '@jest/globals';
import { createToolCaller, type Progress, type ServerSettings, type ToolCall } from '@millrace/mcp-client';
import { type RawCall, said, serveCalls, type TestServer } from '@millrace/testing';

let server: TestServer | undefined;

afterEach(() => server?.kill());

/** A tool that says how far it has come every 50 ms, `steps` times, and is done then. */
function slowly(steps: number) {
  return ({ response, message }: RawCall) => {
    const progressToken = message.params?._meta?.progressToken;
    const send = (body: unknown) => response.write(`data: ${JSON.stringify(body)}\n\n`);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let step = 0;
    const timer = setInterval(() => {
      step += 1;
      if (step <= steps && progressToken !== undefined) {
        const params = { progressToken, progress: step, total: steps, message: `step ${step}` };
        send({ jsonrpc: '2.0', method: 'notifications/progress', params });
      }
      if (step < steps) return;
      clearInterval(timer);
      send(said(message, 'finished'));
    }, 50);
    response.on('close', () => clearInterval(timer));
  };
}

async function callSlowly(steps: number, call: Partial<ToolCall>, settings: Partial<ServerSettings> = {}) {
  server = await serveCalls(slowly(steps));
  const caller = createToolCaller([{ name: 'shop', url: server.url, privateAddresses: true, ...settings }]);
  const whole = { server: 'shop', tool: 'echo', arguments: {}, idempotencyKey: 'k', timeoutMs: 20_000, ...call };
  const outcome = await caller.call(whole, new AbortController().signal);
  await caller.close();
  return outcome;
}

describe('progress', () => {
  it('is passed on, in order', async () => {
    const seen: Progress[] = [];
    expect(await callSlowly(3, { onProgress: (one) => void seen.push(one) })).toMatchObject({ kind: 'ok' });
    expect(seen).toEqual([1, 2, 3].map((step) => ({ progress: step, total: 3, message: `step ${step}` })));
  });

  it('gives a call its time again', async () => {
    const outcome = await callSlowly(50, { timeoutMs: 2_000 }, { totalTimeoutMs: 20_000 });
    expect(outcome).toMatchObject({ kind: 'ok' });
    expect(outcome.facts.durationMs).toBeGreaterThan(2_000);
  });

  it('extends nothing beyond the total', async () => {
    const outcome = await callSlowly(1_000, { timeoutMs: 2_000, totalTimeoutMs: 3_000 });
    expect(outcome).toMatchObject({ error: { code: 'TOOL_TIMEOUT', class: 'unknown' } });
  });

  it('extends nothing where no total is given', async () => {
    const outcome = await callSlowly(1_000, { timeoutMs: 2_000, onProgress: () => {} });
    expect(outcome).toMatchObject({ error: { code: 'TOOL_TIMEOUT', class: 'unknown' } });
  });

  it('of a server is waited for no longer than the server may take', async () => {
    const outcome = await callSlowly(1_000, { timeoutMs: 20_000 }, { attemptTimeoutMs: 2_000 });
    expect(outcome).toMatchObject({ error: { code: 'TOOL_TIMEOUT', class: 'unknown' } });
  });
});
