/** The id of a JSON-RPC request. */
export type RpcId = string | number;

/** A JSON-RPC answer as it came over the wire: nothing in it has been checked but its form. */
export type RpcAnswer =
  | { readonly kind: 'result'; readonly result: unknown; readonly wire: unknown }
  | { readonly kind: 'error'; readonly error: RpcError; readonly wire: unknown };

/** A JSON-RPC error object; `message` is empty where the server gave none. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
}

/** What a sender needs to know about an outgoing message. */
export interface OutgoingMessage {
  readonly method: string;
  /** Absent for a notification. */
  readonly id?: RpcId;
}

/** Reads method and id of a message that the SDK encoded; throws on anything else, which would be a bug. */
export function parseOutgoing(body: string): OutgoingMessage {
  const message: unknown = JSON.parse(body);
  const method = fieldOf(message, 'method');
  const id = fieldOf(message, 'id');
  return { method: typeof method === 'string' ? method : '', ...(isRpcId(id) ? { id } : {}) };
}

/** Finds the answer to request `id` in what a server sent, one message or a batch of them. */
export function findAnswer(received: unknown, id: RpcId): RpcAnswer | undefined {
  for (const message of Array.isArray(received) ? received : [received]) {
    if (fieldOf(message, 'id') !== id) continue;
    const error = parseRpcError(message);
    if (error !== undefined) return { kind: 'error', error, wire: message };
    const result = fieldOf(message, 'result');
    if (result !== undefined) return { kind: 'result', result, wire: message };
  }
  return undefined;
}

/**
 * The body of the answer to a request that a server of the older revisions makes in the middle of a call, for input, a
 * sample or roots: there is nobody to ask, and a tool that is told so at once need not wait. Undefined for what is no request.
 */
export function answerToServer(message: unknown): string | undefined {
  const id = fieldOf(message, 'id');
  const method = fieldOf(message, 'method');
  if (!isRpcId(id) || typeof method !== 'string') return undefined;
  if (method === 'ping') return JSON.stringify({ jsonrpc: '2.0', id, result: {} });
  const error = { code: -32601, message: 'nobody is there to answer in the middle of a call' };
  return JSON.stringify({ jsonrpc: '2.0', id, error });
}

/** The JSON-RPC error in the body of an HTTP error, whatever its id; undefined when there is none. */
export function parseRpcError(message: unknown): RpcError | undefined {
  const error = fieldOf(message, 'error');
  const code = fieldOf(error, 'code');
  const text = fieldOf(error, 'message');
  if (typeof code !== 'number') return undefined;
  return { code, message: typeof text === 'string' ? text : '' };
}

/** A field of something that may not be an object at all. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}

function isRpcId(id: unknown): id is RpcId {
  return typeof id === 'string' || typeof id === 'number';
}
