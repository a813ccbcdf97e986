import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import type { Offer } from '../protocol.js';
import type { Session } from '../sessions.js';
import { KEY_IN_META } from '../tool-call.js';
import type { SessionHooks } from './sessionful.js';

/** Building one takes longer than a call, and it keeps nothing between calls. */
const validator = new AjvJsonSchemaValidator();

/** A session of the 1.x SDK, which speaks 2025-11-25 and what came before, and answers in JSON. */
export async function openSdk1Session(
  { name, tools, runner }: Offer,
  newId: () => string,
  hooks: SessionHooks,
): Promise<Session> {
  const server = new McpServer({ name, version: '1.0.0' }, { jsonSchemaValidator: validator });
  for (const tool of tools) {
    const { title, description, annotations } = tool;
    const meta = tool.key === 'none' ? {} : { _meta: { [KEY_IN_META]: tool.key } };
    const schemas = { inputSchema: tool.input, outputSchema: tool.output };
    server.registerTool(tool.name, { title, description, annotations, ...schemas, ...meta }, (args) =>
      runner.run(tool, args),
    );
  }
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
