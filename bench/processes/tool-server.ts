import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the tool server does about a call. */
export interface ToolServerOptions {
  /** How long a call takes, in ms. */
  readonly delayMs: number;
  /** Share of calls that the tool says have failed. Default 0. */
  readonly failures?: number;
  /** Told about a call when the whole request is there. */
  readonly onCall?: (eventId: string) => void;
}

/**
 * An MCP server of the 2025-11-25 revision that costs next to nothing, where a mock cloud would be measured instead of its
 * callers: it answers JSON, keeps no sessions though it gives them names, and takes a `tools/call` without one.
 */
export async function startToolServer(options: ToolServerOptions): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    void answer(request, response, options);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly protocolVersion?: string; readonly arguments?: { readonly eventId?: string } };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: ToolServerOptions): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Message;
  if (id === undefined) return void response.writeHead(202).end();
  if (method === 'initialize') {
    const serverInfo = { name: 'bench', version: '1.0.0' };
    const result = {
      protocolVersion: params?.protocolVersion ?? '2025-11-25',
      capabilities: { tools: {} },
      serverInfo,
    };
    return send(response, 200, { jsonrpc: '2.0', id, result }, { 'mcp-session-id': 'bench' });
  }
  if (method !== 'tools/call') {
    return send(response, 400, { jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } });
  }
  options.onCall?.(params?.arguments?.eventId ?? '');
  if (options.delayMs > 0) await sleep(options.delayMs);
  const isError = Math.random() < (options.failures ?? 0);
  const content = [{ type: 'text', text: isError ? 'failed' : 'ok' }];
  send(response, 200, { jsonrpc: '2.0', id, result: { content, ...(isError ? { isError } : {}) } });
}

function send(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}
