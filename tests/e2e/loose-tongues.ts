import { answer, type RawCall, serve, serveCalls, type TestServer } from '@millrace/testing';

/** Servers that say aloud what they were trusted with: in the body of a refusal, in a header, in an error, in a result. */
export interface LooseTongues {
  /** An MCP server whose tools are named after the way in which they tell: `status`, `challenge`, `rpc`, `result`. */
  readonly mcp: TestServer;
  /** An authorization server, which refuses the client secret that it is shown. */
  readonly issuer: TestServer;
  /** A language model, which refuses the key that it is shown. */
  readonly model: TestServer;
  /** What they were shown, to know that there was something to tell. */
  readonly heard: readonly string[];
  close(): Promise<void>;
}

export async function startLooseTongues(): Promise<LooseTongues> {
  const heard: string[] = [];
  const mcp = await serveCalls((call) => {
    const shown = String(call.request.headers.authorization);
    heard.push(shown);
    TOOLS[call.message.params?.name as keyof typeof TOOLS](call, shown);
  });
  const issuer: TestServer = await serve((request, response, body) => {
    if (request.method === 'POST') {
      const shown = `${decodeBasic(request.headers.authorization)} ${decodeURIComponent(body)}`;
      heard.push(shown);
      return answer(response, { error: 'invalid_client', error_description: `who is ${shown}` }, 401);
    }
    const { origin } = issuer;
    const ends = { token_endpoint: `${origin}/token`, authorization_endpoint: `${origin}/a` };
    answer(response, { issuer: origin, ...ends, response_types_supported: [] });
  });
  const model = await serve((request, response) => {
    const shown = String(request.headers.authorization);
    heard.push(shown);
    answer(
      response,
      { error: { message: `Incorrect API key provided: ${shown}`, type: 'invalid_request_error' } },
      401,
    );
  });
  const servers = [mcp, issuer, model];
  return { mcp, issuer, model, heard, close: async () => void (await Promise.all(servers.map((one) => one.kill()))) };
}

const TOOLS = {
  status: ({ response }: RawCall, shown: string) => answer(response, { message: `no entry for ${shown}` }, 403),
  challenge: ({ response }: RawCall, shown: string) => {
    const challenge = `Bearer error="invalid_token", error_description="${shown}"`;
    answer(response, {}, 401, { 'www-authenticate': challenge });
  },
  rpc: ({ response, message: { id } }: RawCall, shown: string) =>
    answer(response, { jsonrpc: '2.0', id, error: { code: -32_000, message: `not for ${shown}`, data: { shown } } }),
  result: ({ response, message: { id } }: RawCall, shown: string) =>
    answer(response, {
      jsonrpc: '2.0',
      id,
      result: { isError: true, content: [{ type: 'text', text: `not for ${shown}` }] },
    }),
};

function decodeBasic(authorization = ''): string {
  return Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
}
