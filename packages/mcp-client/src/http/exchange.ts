import type { RpcAnswer, RpcError } from '../json-rpc.js';

/** What really happened on the wire for one JSON-RPC request, written as it is sent and read when its outcome is classed. */
export interface Exchange {
  /** Ends the HTTP request, and with it the wait. */
  readonly signal: AbortSignal;
  /** Whether any byte of the request may have reached the server. */
  dispatched: boolean;
  /** Whether the request named an MCP session. */
  inSession: boolean;
  status?: number;
  retryAfterMs?: number;
  /** The JSON-RPC error in the body of an HTTP error. */
  refusal?: RpcError;
  answer?: RpcAnswer;
  /** Bytes of the answer, 0 while there is none. */
  answerBytes: number;
  /** Told about messages that come on the answer's stream before the answer. */
  onMessage?: (message: unknown) => void;
}

/** An exchange of which nothing has happened yet. */
export function newExchange(signal: AbortSignal): Exchange {
  return { signal, dispatched: false, inSession: false, answerBytes: 0 };
}

/** Forgets an earlier sending, which is only followed by another where the server certainly did not carry it out. */
export function resetExchange(exchange: Exchange): void {
  exchange.dispatched = false;
  exchange.inSession = false;
  exchange.answerBytes = 0;
  delete exchange.status;
  delete exchange.retryAfterMs;
  delete exchange.refusal;
  delete exchange.answer;
}
