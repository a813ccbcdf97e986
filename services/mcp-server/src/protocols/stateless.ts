import { createMcpHandler, type McpServer } from '@modelcontextprotocol/server';
import type { Protocol } from '../protocol.js';

/** The protocol of 2026-07-28 alone: no sessions; clients of older revisions are refused with -32022. */
export function createStateless(newServer: () => McpServer): Protocol {
  const handler = createMcpHandler(newServer, { legacy: 'reject' });
  return {
    handle: (request, body, left) => {
      const controller = new AbortController();
      void left.then(() => controller.abort());
      return handler.fetch(new Request(request, { signal: controller.signal }), { parsedBody: body });
    },
    admits: () => true,
    forget: async () => {},
    close: () => handler.close(),
  };
}
