import { randomUUID } from 'node:crypto';
import { serve, type TestServer } from '@millrace/testing';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer as LegacyMcpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** A real MCP server of the older or the newer SDK, and what its tools saw. */
export interface McpTestServer extends TestServer {
  /** `_meta` of every call that reached a tool. */
  readonly seen: Record<string, unknown>[];
  /** HTTP methods and JSON-RPC methods in the order they came. */
  readonly requests: string[];
}

const text = (words: string) => ({ content: [{ type: 'text' as const, text: words }] });

const FORM = { type: 'object' as const, properties: { sure: { type: 'boolean' as const } } };

/** 2025-11-25 with sessions, on SDK 1.x. Answers as JSON or, by default, as an event stream. */
export async function startLegacyServer(options: { port?: number; json?: boolean } = {}): Promise<McpTestServer> {
  const seen: Record<string, unknown>[] = [];
  const requests: string[] = [];
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const build = () => {
    const server = new LegacyMcpServer({ name: 'legacy', version: '1' });
    const witness = (meta: unknown) => seen.push({ ...(meta as Record<string, unknown>) });
    server.registerTool('echo', { inputSchema: { say: z.string() } }, ({ say }, { _meta }) => {
      witness(_meta);
      return text(say);
    });
    server.registerTool('fail', {}, () => ({ ...text('no such order'), isError: true }));
    const ask = { method: 'elicitation/create' as const, params: { message: 'Sure?', requestedSchema: FORM } };
    server.registerTool('refund', {}, async ({ sendRequest }) => {
      await sendRequest(ask, z.object({}));
      return text('refunded');
    });
    server.registerTool('lie', { outputSchema: { sum: z.number() } }, ({ _meta }) => {
      witness(_meta);
      return { ...text('?'), structuredContent: { sum: 'many' } };
    });
    return server;
  };
  const server = await serve(async (request, response, body) => {
    const id = request.headers['mcp-session-id'];
    const message = body === '' ? undefined : JSON.parse(body);
    requests.push(`${request.method} ${message?.method ?? ''}`.trim());
    let transport = typeof id === 'string' ? sessions.get(id) : undefined;
    if (id !== undefined && transport === undefined) {
      const error = { code: -32001, message: 'Session not found' };
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
      return;
    }
    if (transport === undefined) {
      const opened = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        enableJsonResponse: options.json === true,
        onsessioninitialized: (sessionId) => void sessions.set(sessionId, opened),
        onsessionclosed: (sessionId) => void sessions.delete(sessionId),
      });
      transport = opened;
      // Its optional members are typed without `undefined`, which exactOptionalPropertyTypes minds.
      await build().connect(opened as Parameters<LegacyMcpServer['connect']>[0]);
    }
    await transport.handleRequest(request, response, message);
  }, options.port);
  return { ...server, seen, requests };
}

/** 2026-07-28 on SDK 2.x; refuses the older revision unless `legacy` is true. */
export async function startModernServer(options: { port?: number; legacy?: boolean } = {}): Promise<McpTestServer> {
  const seen: Record<string, unknown>[] = [];
  const requests: string[] = [];
  const handler = createMcpHandler(
    () => {
      const server = new McpServer({ name: 'modern', version: '1' });
      server.registerTool('echo', { inputSchema: z.object({ say: z.string() }) }, ({ say }, ctx) => {
        seen.push({ ...ctx.mcpReq._meta });
        return text(say);
      });
      server.registerTool('fail', {}, () => ({ ...text('no such order'), isError: true }));
      server.registerTool('sum', { outputSchema: z.object({ sum: z.number() }) }, () => ({
        ...text('3'),
        structuredContent: { sum: 3 },
      }));
      const region = z.string().meta({ 'x-mcp-header': 'Region' });
      server.registerTool('route', { inputSchema: z.object({ region }), outputSchema: z.object({}) }, (args) => ({
        ...text(args.region),
        structuredContent: {},
      }));
      server.registerTool('refund', {}, () =>
        inputRequired({
          inputRequests: {
            approval: inputRequired.elicit({
              message: 'Sure?',
              requestedSchema: { type: 'object', properties: { sure: { type: 'boolean' } } },
            }),
          },
        }),
      );
      return server;
    },
    { legacy: options.legacy === true ? 'stateless' : 'reject' },
  );
  const handle = toNodeHandler(handler);
  const server = await serve(async (request, response, body) => {
    const message = body === '' ? undefined : JSON.parse(body);
    requests.push(`${request.method} ${message?.method ?? ''}`.trim());
    await handle(request as Parameters<typeof handle>[0], response, message);
  }, options.port);
  return { ...server, seen, requests };
}
