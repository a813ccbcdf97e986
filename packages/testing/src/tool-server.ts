import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { freePort } from './free-port.js';
import { waitUntil } from './wait-until.js';

/** Answers one request; its body has been read already. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse, body: string) => void | Promise<void>;

/** An HTTP server of a test's own on loopback. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly origin: string;
  /** Connections that are open now. */
  openSockets(): number;
  /** Cuts every connection and stops listening, as a crash would. */
  kill(): Promise<void>;
}

/** Listens on 127.0.0.1, on any free port unless one is given. Whoever starts it kills it. */
export async function serve(handler: HttpHandler, port?: number): Promise<TestServer> {
  const sockets = new Set<Socket>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    await handler(request, response, Buffer.concat(chunks).toString());
  };
  // A request whose sender has hung up in the middle ends with its connection.
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port ?? (await freePort()), '127.0.0.1');
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${bound}`;
  return {
    url: `${origin}/mcp`,
    port: bound,
    origin,
    openSockets: () => sockets.size,
    kill: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      await waitUntil(() => sockets.size === 0, 'every connection is gone');
    },
  };
}

/** A JSON-RPC request or notification as it came over the wire. */
export interface RpcRequest {
  readonly id?: string | number;
  readonly method: string;
  readonly params?: { readonly name?: string; readonly _meta?: Readonly<Record<string, unknown>> };
}

/** A tools/call as a bare server sees it. */
export interface RawCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly message: RpcRequest;
}

/** Answers with one JSON message. */
export function answer(response: ServerResponse, message: unknown, status = 200, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(message));
}

/** The answer of a tool that says `text`. */
export function said(message: RpcRequest, text: string): unknown {
  return { jsonrpc: '2.0', id: message.id, result: { content: [{ type: 'text', text }] } };
}

/**
 * A server without any SDK behind it: its handshake (2025-11-25, no sessions) is sound, and `onCall` does what it
 * likes with each tools/call. `onMessage` sees everything else, and answers it if it
 * likes.
 */
export function serveCalls(
  onCall: (call: RawCall) => void,
  onMessage?: (message: RpcRequest, response: ServerResponse) => void,
) {
  return serve((request, response, body) => {
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const message: RpcRequest = JSON.parse(body);
    if (message.method === 'tools/call') {
      onCall({ request, response, message });
      return;
    }
    onMessage?.(message, response);
    if (response.writableEnded) return;
    if (message.id === undefined) response.writeHead(202).end();
    else if (message.method === 'initialize') answer(response, { jsonrpc: '2.0', id: message.id, result: initialized });
    else
      answer(response, { jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'Method not found' } }, 400);
  });
}

const initialized = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'bare', version: '1' },
};
