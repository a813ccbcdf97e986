import { Client as Client2, StreamableHTTPClientTransport as Transport2 } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';

const INFO = { name: 'test', version: '1.0.0' };

/** What both SDKs' clients have in common, as far as the tests use it. */
export interface TestClient {
  readonly protocolVersion: string | undefined;
  call(name: string, args: Record<string, unknown>, options?: CallOptions): Promise<TestResult>;
  tools(): Promise<{ name: string; annotations?: object | undefined; _meta?: Record<string, unknown> | undefined }[]>;
  close(): Promise<void>;
}

export interface TestResult {
  readonly isError?: boolean | undefined;
  readonly structuredContent?: unknown;
  readonly content?: unknown;
}

export interface CallOptions {
  readonly key?: string;
  readonly timeoutMs?: number;
}

/** The 1.x SDK's client, which speaks 2025-11-25. */
export async function connectClient1(url: URL): Promise<TestClient> {
  const client = new Client1(INFO);
  const transport = new Transport1(url);
  await client.connect(transport as Parameters<Client1['connect']>[0]);
  return {
    protocolVersion: transport.protocolVersion,
    call: (name, args, options = {}) =>
      client.request({ method: 'tools/call', params: paramsOf(name, args, options) }, CallToolResultSchema, {
        timeout: options.timeoutMs ?? 5_000,
      }),
    tools: async () => (await client.listTools()).tools,
    close: () => client.close(),
  };
}

/** The 2.x client. `auto` prefers 2026-07-28, `legacy` speaks 2025-11-25. */
export async function connectClient2(url: URL, mode: 'auto' | 'legacy'): Promise<TestClient> {
  const client = new Client2(INFO, { versionNegotiation: { mode } });
  await client.connect(new Transport2(url));
  return {
    protocolVersion: client.getNegotiatedProtocolVersion(),
    call: (name, args, options = {}) =>
      client.callTool(paramsOf(name, args, options), { timeout: options.timeoutMs ?? 5_000 }),
    tools: async () => (await client.listTools()).tools,
    close: () => client.close(),
  };
}

function paramsOf(name: string, args: Record<string, unknown>, { key }: CallOptions) {
  const meta = key === undefined ? {} : { _meta: { 'millrace.dev/idempotency-key': key } };
  return { name, arguments: args, ...meta };
}
