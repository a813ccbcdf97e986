import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** The tool that all contenders call: it writes one line for each call, and knows an idempotency key. */
export const TOOL = 'audit.write';

export function toolArguments(eventId: string) {
  return { eventId, action: 'bench' };
}

/** The MCP client as its documentation has it: one client for a server, kept open, with its own fetch. */
export async function connectStockClient(url: string): Promise<Client> {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

/** Throws when the tool was not carried out. */
export async function callTool(client: Client, eventId: string): Promise<void> {
  const result = await client.callTool({ name: TOOL, arguments: toolArguments(eventId) });
  if (result.isError === true) throw new Error(`the tool failed: ${JSON.stringify(result.content)}`);
}
