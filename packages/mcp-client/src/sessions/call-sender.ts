import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/client';
import type { Exchange } from '../http/exchange.js';
import type { GuardedHttp } from '../http/guarded-http.js';
import { HttpFault } from '../http/http-fault.js';
import type { ServerConfig } from '../servers.js';
import { encodeHeaderValue } from './mirrored-arguments.js';
import type { Outgoing } from './request.js';

/** Who we are, and what we can be asked for, as every server is told. */
export const CLIENT_INFO = { name: 'millrace', version: '0.1.0' };
export const CAPABILITIES = { elicitation: { form: {}, url: {} } };

/** What a handshake has agreed on. */
export interface Handshake {
  /** Whether it is 2026-07-28 or later: no session, and everything about a request in the request itself. */
  readonly isModern: boolean;
  readonly revision: string;
  readonly sessionId: string | undefined;
}

/** Sends one request; what came of it is in `exchange`. Rejects with `HttpFault`, or when it cannot be encoded. */
export type SendCall = (
  outgoing: Outgoing,
  headers: Readonly<Record<string, string>>,
  exchange: Exchange,
) => Promise<void>;

/**
 * Puts tool calls on the wire of a finished handshake, by itself: through the SDK a call costs its caller twice the time,
 * and what it adds is known after the handshake. Ids are unlike those of the SDK, which uses the same session.
 */
export function createCallSender(server: ServerConfig, handshake: Handshake, http: GuardedHttp): SendCall {
  const { isModern, revision, sessionId } = handshake;
  const path = `${server.url.pathname}${server.url.search}`;
  const common = {
    ...Object.fromEntries(new Headers(server.headers)),
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': revision,
    ...(sessionId === undefined ? {} : { 'mcp-session-id': sessionId }),
  };
  const envelope = {
    [PROTOCOL_VERSION_META_KEY]: revision,
    [CLIENT_INFO_META_KEY]: CLIENT_INFO,
    [CLIENT_CAPABILITIES_META_KEY]: CAPABILITIES,
  };
  let calls = 0;

  /** The older revisions keep working on a call whose request is gone, unless they are told. */
  function cancel(requestId: string): void {
    const message = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } };
    void http.notify({ path, method: 'POST', headers: common, body: JSON.stringify(message) });
  }

  return async ({ method, name, params }, headers, exchange) => {
    calls += 1;
    const id = `call-${calls}`;
    const sent = isModern ? { ...params, _meta: { ...envelope, ...params._meta } } : params;
    const named = isModern ? { 'mcp-method': method, 'mcp-name': encodeHeaderValue(name) } : {};
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params: sent });
    const request = { path, method: 'POST', headers: { ...common, ...named, ...headers }, body, answerTo: id } as const;
    try {
      await http.call(request, exchange);
    } catch (fault) {
      if (!isModern && fault instanceof HttpFault && fault.kind === 'aborted' && fault.dispatched) cancel(id);
      throw fault;
    }
  };
}
