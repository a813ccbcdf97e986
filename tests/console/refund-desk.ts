import { serve, type TestServer } from '@millrace/testing';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { acceptedContent, createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

const consent = z.object({ note: z.string().optional() });

/** An MCP server with one tool, which pays money back only when a person has said yes. */
export function startRefundDesk(): Promise<TestServer> {
  const handler = createMcpHandler(buildServer, { legacy: 'reject' });
  const handle = toNodeHandler(handler);
  return serve((request, response, body) =>
    handle(request as Parameters<typeof handle>[0], response, body === '' ? undefined : JSON.parse(body)),
  );
}

function buildServer(): McpServer {
  const server = new McpServer({ name: 'refund-desk', version: '1' });
  const inputSchema = z.object({ orderId: z.string(), amount: z.number() });
  server.registerTool('refund', { inputSchema }, ({ orderId, amount }, ctx) => {
    const { inputResponses } = ctx.mcpReq;
    if (inputResponses === undefined) return ask(`Pay ${amount} EUR back for order ${orderId}?`);
    const answer = acceptedContent(inputResponses, 'consent', consent);
    if (answer === undefined) return { content: [{ type: 'text', text: 'a person said no' }], isError: true };
    return { content: [{ type: 'text', text: `paid ${amount} EUR back for ${orderId}` }] };
  });
  return server;
}

function ask(message: string) {
  const requestedSchema = {
    type: 'object' as const,
    properties: { note: { type: 'string' as const, title: 'Note for the customer' } },
  };
  return inputRequired({ inputRequests: { consent: inputRequired.elicit({ message, requestedSchema }) } });
}
