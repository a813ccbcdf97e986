import { afterEach, describe, expect, it } from '@jest/globals';
import { type CredentialSettings, createToolCaller, type ToolCall } from '@millrace/mcp-client';
import { answer, said, serve, serveCalls, type TestServer } from '@millrace/testing';

const opened: TestServer[] = [];
const never = new AbortController().signal;
const call: ToolCall = { server: 'shop', tool: 'echo', arguments: {}, idempotencyKey: 'k', timeoutMs: 20_000 };

afterEach(async () => {
  for (const server of opened.splice(0)) await server.kill();
});

/** An authorization server, and an MCP server that takes the newest of its tokens and no other. */
async function startProtected(trusted?: string) {
  const requests: { token: string[]; metadata: number; calls: string[] } = { token: [], metadata: 0, calls: [] };
  let valid = '';
  const issuer = await serve((request, response, body) => {
    if (request.method === 'POST') {
      requests.token.push(body);
      valid = `token-${requests.token.length}`;
      return answer(response, { access_token: valid, token_type: 'Bearer', expires_in: 3_600 });
    }
    requests.metadata += 1;
    const metadata = { issuer: issuer.origin, token_endpoint: `${issuer.origin}/token`, response_types_supported: [] };
    answer(response, { ...metadata, authorization_endpoint: `${issuer.origin}/a` });
  });
  const inner = await serveCalls(({ response, message }) => answer(response, said(message, 'paid')));
  const server = await serve(async (request, response, body) => {
    if (request.url?.startsWith('/.well-known/oauth-protected-resource')) {
      const named = { resource: server.url, authorization_servers: [trusted ?? issuer.origin] };
      return answer(response, named);
    }
    requests.calls.push(String(request.headers.authorization));
    if (request.headers.authorization !== `Bearer ${valid}`) return void response.writeHead(401).end();
    const reply = await fetch(inner.url, { method: 'POST', body });
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(await reply.text());
  });
  opened.push(issuer, inner, server);
  const revoke = () => {
    valid = 'none';
  };
  return { server, issuer, requests, revoke };
}

function callerFor(server: TestServer, credentials: CredentialSettings, readSecret = () => 's3cret') {
  return createToolCaller([{ name: 'shop', url: server.url, privateAddresses: true, credentials }], { readSecret });
}

const grant = (issuer: string): CredentialSettings => ({
  kind: 'client-credentials',
  clientId: 'millrace',
  issuer,
  proof: { kind: 'secret', secret: 's3cret' },
});

describe('client credentials', () => {
  it('get one token for all calls that start together', async () => {
    const { server, issuer, requests } = await startProtected();
    const caller = callerFor(server, grant(issuer.origin));
    const outcomes = await Promise.all(Array.from({ length: 32 }, () => caller.call(call, never)));
    await caller.close();
    expect(outcomes.filter(({ kind }) => kind === 'ok')).toHaveLength(32);
    expect(requests.token).toHaveLength(1);
    expect(new URLSearchParams(requests.token[0]).get('resource')).toBe(server.url);
  });

  it('get another token, once, when the server refuses the one that was revoked; no call fails for it', async () => {
    const { server, issuer, requests, revoke } = await startProtected();
    const caller = callerFor(server, grant(issuer.origin));
    await caller.call(call, never);
    revoke();
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => caller.call(call, never)));
    await caller.close();
    expect(outcomes.filter(({ kind }) => kind === 'ok')).toHaveLength(16);
    expect(requests.token).toHaveLength(2);
  });

  it('are never shown to an authorization server that is not theirs', async () => {
    const { server, issuer, requests } = await startProtected('https://somebody.example');
    const caller = callerFor(server, grant(issuer.origin));
    const outcome = await caller.call(call, never);
    await caller.close();
    expect(outcome).toMatchObject({
      error: { code: 'TOOL_UNREACHABLE', class: 'not-sent', message: expect.stringContaining('somebody.example') },
      facts: { dispatched: false },
    });
    expect(requests.token).toEqual([]);
    expect(JSON.stringify(outcome)).not.toContain('s3cret');
  });

  it('leave a call unsent while no token can be had', async () => {
    const { server, issuer, requests } = await startProtected();
    await issuer.kill();
    const caller = callerFor(server, grant(issuer.origin));
    const outcome = await caller.call(call, never);
    await caller.close();
    expect(outcome).toMatchObject({ error: { class: 'not-sent', retryable: true }, facts: { dispatched: false } });
    expect(requests.calls).toEqual([]);
  });
});

describe('a bearer token', () => {
  it('is read again when the server refuses it, so that it can be replaced at any time', async () => {
    let accepted = 'one';
    let configured = 'one';
    const inner = await serveCalls(({ response, message }) => answer(response, said(message, 'paid')));
    const server = await serve(async (request, response, body) => {
      if (request.headers.authorization !== `Bearer ${accepted}`) return void response.writeHead(401).end();
      const reply = await fetch(inner.url, { method: 'POST', body });
      response.writeHead(reply.status, { 'content-type': 'application/json' }).end(await reply.text());
    });
    opened.push(inner, server);
    const caller = callerFor(server, { kind: 'bearer', token: configured, from: 'TOKEN' }, () => configured);
    expect(await caller.call(call, never)).toMatchObject({ kind: 'ok' });
    accepted = 'two';
    expect(await caller.call(call, never)).toMatchObject({ error: { code: 'TOOL_UNAUTHORIZED', class: 'refused' } });
    configured = 'two';
    expect(await caller.call(call, never)).toMatchObject({ kind: 'ok' });
    await caller.close();
  });
});
