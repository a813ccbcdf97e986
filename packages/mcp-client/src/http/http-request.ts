import type { Dispatcher } from 'undici';
import type { RpcId } from '../json-rpc.js';
import type { HttpReply, SendOptions } from './http-reply.js';
import { ReplyReader } from './reply-reader.js';

/** One HTTP request to the server's own origin. */
export interface HttpRequest {
  readonly path: string;
  readonly method: 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The JSON-RPC request whose answer is awaited; without it the reply's body is ignored. */
  readonly answerTo?: RpcId;
}

/**
 * Sends one request and resolves with its reply, or rejects with `HttpFault`: at once when the connection breaks, when
 * the reply ends without the answer, or when a limit is passed. An aborted signal destroys the connection, so nothing
 * is left open. Sends once: it never repeats a request.
 */
export function sendHttp(dispatcher: Dispatcher, request: HttpRequest, options: SendOptions): Promise<HttpReply> {
  const reader = new ReplyReader(request.answerTo, options);
  const { path, method, headers, body = null } = request;
  // The signal is the only clock: a tool may be silent for as long as its caller is willing to wait.
  const dispatchOptions = { path, method, headers, body, headersTimeout: 0, bodyTimeout: 0 };
  if (!options.signal.aborted) dispatcher.dispatch(dispatchOptions, reader);
  return reader.reply;
}
