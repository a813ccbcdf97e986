import { afterEach, describe, expect, it } from '@jest/globals';
import { createToolCaller } from '@millrace/mcp-client';
import { answer, type RawCall, said, serveCalls, type TestServer } from '@millrace/testing';

const call = { server: 'shop', tool: 'echo', arguments: {}, idempotencyKey: 'k', timeoutMs: 20_000 };
const started: TestServer[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.kill()));
});

/** A server that sends calls at `/mcp` elsewhere and answers those at any other path; and the paths it was called at. */
async function startServer(status: number, location: string) {
  const paths: string[] = [];
  const onCall = ({ request, response, message }: RawCall) => {
    paths.push(request.url ?? '');
    if (request.url === '/mcp') response.writeHead(status, { location }).end();
    else answer(response, said(message, 'hello'));
  };
  const server = await serveCalls(onCall);
  started.push(server);
  return { server, paths };
}

async function callOnce({ url }: TestServer) {
  const caller = createToolCaller([{ name: 'shop', url, privateAddresses: true }]);
  try {
    return await caller.call(call, new AbortController().signal);
  } finally {
    await caller.close();
  }
}

describe('a tool call that is sent elsewhere', () => {
  it.each([307, 308])('goes there within the origin, with HTTP %i', async (status) => {
    const { server, paths } = await startServer(status, '/v2/mcp?tenant=a');
    expect(await callOnce(server)).toMatchObject({ kind: 'ok', result: { content: [{ text: 'hello' }] } });
    expect(paths).toEqual(['/mcp', '/v2/mcp?tenant=a']);
  });

  it.each([301, 302, 303])('does not go there by another method, as HTTP %i may ask for', async (status) => {
    const { server, paths } = await startServer(status, '/v2/mcp');
    expect(await callOnce(server)).toMatchObject({ kind: 'failed', error: { code: 'TOOL_REQUEST_REJECTED' } });
    expect(paths).toEqual(['/mcp']);
  });

  it('goes to no other origin, and shows nobody there its arguments', async () => {
    const other = await startServer(200, '');
    for (const location of [`${other.server.origin}/mcp`, `//127.0.0.1:${other.server.port}/mcp`, 'http://[', '//']) {
      const { server } = await startServer(307, location);
      expect(await callOnce(server)).toMatchObject({ kind: 'failed', error: { code: 'TOOL_REQUEST_REJECTED' } });
    }
    expect(other.paths).toEqual([]);
  });
});
