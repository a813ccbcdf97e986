import { McpServer, ResourceTemplate, type StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/server/validators/ajv';
import type { Offer } from '../protocol.js';
import type { Resource } from '../resource.js';
import { KEY_IN_META } from '../tool-call.js';
import { askFirst, requestState } from './ask-first.js';

/**
 * Makes servers of the 2.x SDK with the tools of the offer: one for each session or, where there are no sessions, for
 * each request. What takes longer than a call to build is therefore built once, and shared.
 */
export function sdk2ServerFactory({ name, tools, resources, runner }: Offer): () => McpServer {
  const jsonSchemaValidator = new AjvJsonSchemaValidator();
  const registrations = tools.map((tool) => {
    const { title, description, annotations } = tool;
    const meta = tool.key === 'none' ? {} : { _meta: { [KEY_IN_META]: tool.key } };
    const schemas = { inputSchema: keepJsonSchema(tool.input), outputSchema: keepJsonSchema(tool.output) };
    return { tool, config: { title, description, annotations, ...schemas, ...meta } };
  });
  return () => {
    const server = new McpServer({ name, version: '1.0.0' }, { jsonSchemaValidator, requestState });
    for (const { tool, config } of registrations)
      server.registerTool(tool.name, config, (args, context) =>
        askFirst(tool, args as Record<string, unknown>, context, runner),
      );
    for (const resource of resources) offerResource(server, resource);
    return server;
  };
}

function offerResource(server: McpServer, { name, uri, title, description, text }: Resource): void {
  const config = { title, description, mimeType: 'text/markdown' };
  if (!uri.includes('{')) {
    server.registerResource(name, uri, config, ({ href }) => ({ contents: [{ uri: href, text: text({}) }] }));
    return;
  }
  const template = new ResourceTemplate(uri, { list: undefined });
  server.registerResource(name, template, config, ({ href }, variables) => {
    const values = Object.entries(variables).map(([key, value]) => [key, decodeURIComponent(String(value))]);
    return { contents: [{ uri: href, text: text(Object.fromEntries(values)) }] };
  });
}

/** The same schema, which works out its JSON Schema once: the SDK asks for it with every call. */
function keepJsonSchema(schema: StandardSchemaWithJSON): StandardSchemaWithJSON {
  const { jsonSchema, ...standard } = schema['~standard'];
  const [input, output] = [once(jsonSchema.input), once(jsonSchema.output)];
  return { '~standard': { ...standard, jsonSchema: { input, output } } };
}

type Convert = StandardSchemaWithJSON['~standard']['jsonSchema']['input'];

function once(convert: Convert): Convert {
  const byTarget = new Map<string, ReturnType<Convert>>();
  return (options) => {
    const known = byTarget.get(options.target);
    if (known !== undefined) return known;
    const converted = convert(options);
    byTarget.set(options.target, converted);
    return converted;
  };
}
