import { describe, expect, it } from '@jest/globals';
import { createToolCaller, type ToolCall, type ToolCallError } from '@millrace/mcp-client';
import { answer, type RawCall, serve, serveCalls } from '@millrace/testing';

const TOKEN = 'token-of-the-shop';
const SECRET = 'secret-of-the-client';
const call: ToolCall = { server: 'shop', tool: 'tell', arguments: {}, idempotencyKey: 'k', timeoutMs: 20_000 };

/** Everything that an error says, what it was made of included. */
function wholeOf(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error);
  const { message, stack, cause, ...rest } = error as ToolCallError & { cause?: unknown };
  return [message, stack, JSON.stringify(rest), cause === undefined ? '' : wholeOf(cause)].join(' ');
}

async function errorOf(url: string, credentials: Parameters<typeof createToolCaller>[0][number]['credentials']) {
  const server = { name: 'shop', url, privateAddresses: true, ...(credentials === undefined ? {} : { credentials }) };
  const caller = createToolCaller([server], {});
  const outcome = await caller.call(call, new AbortController().signal);
  await caller.close();
  if (!('error' in outcome)) throw new Error(`the call ended as ${JSON.stringify(outcome)}`);
  return wholeOf(outcome.error);
}

const error = (message: string) => ({ error: { code: -32_000, message, data: { message } } });

describe('a token that a server quotes', () => {
  it.each<[string, (call: RawCall, shown: string) => void]>([
    [
      'in a failed result',
      ({ response, message: { id } }, text) =>
        answer(response, { jsonrpc: '2.0', id, result: { isError: true, content: [{ type: 'text', text }] } }),
    ],
    ['in an error', ({ response, message: { id } }, text) => answer(response, { jsonrpc: '2.0', id, ...error(text) })],
    [
      'in a refusal',
      ({ response, message: { id } }, text) => answer(response, { jsonrpc: '2.0', id, ...error(text) }, 403),
    ],
  ])('%s is not in what is said of the call', async (_where, tell) => {
    const server = await serveCalls((one) => tell(one, `what is ${one.request.headers.authorization}?`));
    const said = await errorOf(server.url, { kind: 'bearer', token: TOKEN });
    await server.kill();
    expect(said).toContain('shop');
    expect([said.includes(TOKEN), said.includes(JSON.stringify(TOKEN).slice(1, -1))]).toEqual([false, false]);
  });
});

describe('a client secret that an authorization server quotes', () => {
  it('is not in what is said of the call', async () => {
    let shown = '';
    const issuer = await serve((request, response, body) => {
      const { origin } = issuer;
      const ends = {
        token_endpoint: `${origin}/token`,
        authorization_endpoint: `${origin}/a`,
        response_types_supported: [],
      };
      if (request.method !== 'POST') return answer(response, { issuer: origin, ...ends });
      const basic = String(request.headers.authorization).replace('Basic ', '');
      shown = `${Buffer.from(basic, 'base64').toString()} ${body}`;
      answer(response, { error: 'invalid_client', error_description: `who is ${shown}?` }, 401);
    });
    const server = await serveCalls(({ response }) => answer(response, {}, 401));
    const proof = { kind: 'secret', secret: SECRET } as const;
    const said = await errorOf(server.url, {
      kind: 'client-credentials',
      clientId: 'millrace',
      issuer: issuer.origin,
      proof,
    });
    await Promise.all([server.kill(), issuer.kill()]);
    expect(shown).toContain(SECRET);
    expect(said).toContain('no access token');
    expect(said).not.toContain(SECRET);
  });
});
