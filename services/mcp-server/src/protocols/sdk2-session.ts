import { type McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import type { Session } from '../sessions.js';
import type { SessionHooks } from './sessionful.js';

/** A session of the 2.x SDK for clients of the older revision. It answers in JSON. */
export async function openSdk2Session(server: McpServer, newId: () => string, hooks: SessionHooks): Promise<Session> {
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: newId,
    enableJsonResponse: true,
    onsessioninitialized: (id) => hooks.opened(id),
    onsessionclosed: (id) => hooks.ended(id),
  });
  await server.connect(transport);
  return {
    handle: (request, body) => transport.handleRequest(request, { parsedBody: body }),
    close: () => server.close(),
  };
}
