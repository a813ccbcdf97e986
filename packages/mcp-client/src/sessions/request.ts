import { isSpecType } from '@modelcontextprotocol/client';
import { fieldOf } from '../json-rpc.js';
import type { ResourceRead, ToolCall } from '../tool-call.js';
import { callHeaders, callParams } from './request-params.js';

/** What passes the gates of a server: a call of a tool or, where it has a `uri`, the reading of a resource. */
export interface Request extends ToolCall {
  readonly uri?: string;
}

/** What goes over the wire for a request. */
export interface Outgoing {
  readonly method: 'tools/call' | 'resources/read';
  /** What proxies may look at in place of the body. */
  readonly name: string;
  readonly params: { readonly _meta?: Readonly<Record<string, unknown>> } & Readonly<Record<string, unknown>>;
}

const READING = 'resources/read';

/** A reading as a request. It has no effect, so it needs no key. */
export function toRequest(read: ResourceRead): Request {
  return { ...read, tool: READING, arguments: {}, idempotencyKey: '' };
}

export function toOutgoing(request: Request, progressToken: string | undefined): Outgoing {
  const { uri, tool } = request;
  if (uri !== undefined) return { method: READING, name: uri, params: { uri, _meta: callHeaders(request) } };
  return { method: 'tools/call', name: tool, params: callParams(request, progressToken) };
}

/** Whether an answer has the form of a result, or of a question, in the revision that is spoken. */
export function isResult({ uri }: Request, result: unknown, isModern: boolean): boolean {
  const type = fieldOf(result, 'resultType');
  if (uri === undefined && type === 'input_required') return true;
  if (isModern && type !== 'complete') return false;
  return uri === undefined ? isSpecType.CallToolResult(result) : isSpecType.ReadResourceResult(result);
}

/** The text of a resource's contents, one after the other. */
export function textOf(contents: readonly unknown[]): string {
  const texts = contents.map((content) => {
    const text = fieldOf(content, 'text');
    if (typeof text === 'string') return text;
    const type = fieldOf(content, 'mimeType');
    return `[not shown: ${typeof type === 'string' ? type : 'something that is no text'}]`;
  });
  return texts.join('\n');
}
