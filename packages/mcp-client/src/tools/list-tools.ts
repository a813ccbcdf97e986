import type { Deadline } from '../deadline.js';
import { ToolCallError } from '../errors.js';
import { fieldOf } from '../json-rpc.js';
import type { Line } from '../line.js';
import { errorFromHandshake } from '../outcomes/map-error.js';
import { type Connection, HandshakeFailure } from '../sessions/session.js';
import type { ToolDescription, ToolListing } from '../tool-call.js';

/** Asks a server for its tools; what SDK and spec reject, as with a malformed `x-mcp-header`, is left out. */
export async function listToolsOf(name: string, line: Line | undefined, deadline: Deadline): Promise<ToolListing> {
  const call = { server: name, tool: 'tools/list', arguments: {}, idempotencyKey: '', timeoutMs: 0 };
  const fail = (error: ToolCallError): ToolListing => ({ kind: 'failed', error });
  if (line === undefined) {
    return fail(new ToolCallError('SERVER_UNKNOWN', 'not-sent', `no server '${name}' is configured`));
  }
  let connection: Connection | undefined;
  try {
    connection = await line.session.acquire(deadline.signal);
  } catch (error) {
    if (!(error instanceof HandshakeFailure)) throw error;
    return fail(errorFromHandshake(call, error.exchange, error.cause));
  }
  if (connection === undefined) {
    return fail(new ToolCallError('TOOL_UNREACHABLE', 'not-sent', `server '${name}' had no connection in time`));
  }
  try {
    const { tools } = await connection.client.listTools(undefined, { signal: deadline.signal, cacheMode: 'refresh' });
    const descriptions = tools.map(toDescription);
    line.catalog.learn(descriptions);
    return { kind: 'ok', tools: descriptions };
  } catch (error) {
    // A session that was lost, or a server that fails: the next try begins with a handshake of its own.
    line.session.retire(connection);
    const why = error instanceof Error ? error.message : String(error);
    const message = `server '${name}' did not list its tools: ${why}`;
    return fail(new ToolCallError('TOOL_UNREACHABLE', 'not-sent', message, { cause: error }));
  } finally {
    line.session.release(connection);
  }
}

function toDescription(tool: object): ToolDescription {
  const pick = (field: string) => fieldOf(tool, field);
  const title = pick('title');
  const description = pick('description');
  const outputSchema = pick('outputSchema');
  const annotations = pick('annotations');
  return {
    name: String(pick('name')),
    inputSchema: pick('inputSchema'),
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(annotations === undefined ? {} : { annotations: annotations as object }),
  };
}
