import type { Interruption } from '../deadline.js';
import { ToolCallError } from '../errors.js';
import type { Withheld } from '../guards/server-guard.js';
import type { Exchange } from '../http/exchange.js';
import { HttpFault } from '../http/http-fault.js';
import { fieldOf, type RpcError } from '../json-rpc.js';
import type { Request } from '../sessions/request.js';
import { parseInputWanted } from './input-wanted.js';
import {
  judgeFault,
  judgeInterruption,
  judgeRpcError,
  judgeSdkText,
  judgeStatus,
  judgeUnusableResult,
  quote,
  type Verdict,
} from './verdict.js';

/** Where one call stands when it ends without a result. */
export interface Evidence {
  readonly call: Request;
  readonly exchange: Exchange;
  readonly interruption: Interruption | undefined;
  /** What the sending rejected with. Believed only where the wire says nothing. */
  readonly thrown: unknown;
}

/** The error of a call that has no result. */
export function errorFromCall({ call, exchange, interruption, thrown }: Evidence): ToolCallError {
  const fault = findFault(thrown);
  if (interruption !== undefined) {
    return errorFrom(call, judgeInterruption(interruption, exchange.dispatched, call.timeoutMs), exchange, undefined);
  }
  if (exchange.answer?.kind === 'error') {
    return errorFrom(call, judgeError(call, exchange.answer.error), exchange, thrown);
  }
  if (exchange.answer?.kind === 'result') {
    return errorFrom(call, judgeUnusableResult(exchange.answer.result), exchange, thrown);
  }
  if (fault !== undefined) return errorFrom(call, judgeFault(fault), exchange, fault.cause ?? fault);
  if (exchange.status !== undefined) return errorFrom(call, judgeRefusal(call, exchange), exchange, undefined);
  return errorFrom(call, judgeUnsent(thrown), exchange, thrown);
}

/**
 * The error of a call that found no connection. The call itself was never sent, whatever became of the handshake:
 * repeating it is safe, and useful unless the server refuses the credentials.
 */
export function errorFromHandshake(call: Request, exchange: Exchange | undefined, thrown: unknown): ToolCallError {
  const status = exchange?.status;
  const isRefused = exchange !== undefined && status !== undefined && status >= 300;
  const judged = isRefused ? judgeStatus(exchange) : undefined;
  const isTelling = judged?.code === 'TOOL_UNAUTHORIZED' || judged?.code === 'TOOL_THROTTLED';
  const why = isRefused
    ? `the handshake was answered HTTP ${status}`
    : (findFault(thrown)?.message ?? messageOf(thrown));
  const verdict: Verdict = {
    code: isTelling ? judged.code : 'TOOL_UNREACHABLE',
    class: 'not-sent',
    fact: `could not be reached: ${why}`,
  };
  return errorFrom(call, verdict, exchange, thrown);
}

/** The error of a call that was over before it had a connection, while it waited for what `interruption` ended. */
export function errorFromWaiting(
  call: Request,
  waitedFor: 'slot' | 'connection',
  interruption: Interruption | undefined,
): ToolCallError {
  if (interruption === 'aborted' || interruption === 'closed') {
    return errorFrom(call, judgeInterruption(interruption, false, call.timeoutMs), undefined, undefined);
  }
  const verdict: Verdict =
    waitedFor === 'slot'
      ? { code: 'TOOL_BUSY', class: 'not-sent', fact: 'had no free slot for this call' }
      : { code: 'TOOL_UNREACHABLE', class: 'not-sent', fact: `had no connection within ${call.timeoutMs} ms` };
  return errorFrom(call, verdict, undefined, undefined);
}

const WITHHELD_CODES = {
  pause: 'SERVER_PAUSED',
  share: 'TOOL_BUSY',
  rate: 'TOOL_RATE_LIMITED',
  breaker: 'TOOL_WAITING_OUT',
  'retry-budget': 'TOOL_WAITING_OUT',
  pin: 'TOOL_CHANGED',
} as const;

/** The error of a call that was kept from its server. */
export function errorFromWithheld(call: Request, { reason, why, retryAfterMs, cause }: Withheld): ToolCallError {
  const code = WITHHELD_CODES[reason];
  const message = `${subjectOf(call)} was not called: server '${call.server}' ${why}`;
  const details = { server: call.server, tool: call.tool, reason };
  return new ToolCallError(code, 'not-sent', message, { retryAfterMs, details, cause });
}

/** The error that a tool's result stands for, when it is marked `isError` or asks for input; undefined for a good one. */
export function errorFromResult(call: Request, exchange: Exchange, result: unknown): ToolCallError | undefined {
  if (fieldOf(result, 'resultType') === 'input_required') {
    return errorFrom(call, judgeUnusableResult(result), exchange, undefined);
  }
  if (fieldOf(result, 'isError') !== true) return undefined;
  const text = firstText(result);
  const reported: Verdict = {
    code: 'TOOL_REPORTED_ERROR',
    class: 'failed-by-tool',
    fact: `reported an error: ${quote(text) || 'without a word'}`,
  };
  return errorFrom(call, judgeSdkText(text, call.tool) ?? reported, exchange, undefined);
}

/**
 * Whether the server turned the call away because it does not know this connection: a session it forgot when it was
 * restarted, or a revision that it no longer speaks. Such a call was certainly not carried out.
 */
export function isDisowned(exchange: Exchange): boolean {
  if (exchange.answer?.kind === 'error') return exchange.answer.error.code === -32022;
  if (exchange.status !== 400 && exchange.status !== 404) return false;
  // These are about the request itself; a new connection would not change the answer.
  return ![-32700, -32602, -32601, -32600, -32021, -32020].includes(exchange.refusal?.code ?? 0);
}

/** Whether the server turned the call away because its headers do not repeat what the tool wants repeated (SEP-2243). */
export function isUnmirrored({ answer, refusal }: Exchange): boolean {
  return (answer?.kind === 'error' ? answer.error : refusal)?.code === -32020;
}

/** Before 2026-07-28, which has -32602 for it, a resource that there is not. */
const RESOURCE_NOT_FOUND = -32_002;

function judgeError(call: Request, error: RpcError): Verdict {
  const isMissing = call.uri !== undefined && error.code === RESOURCE_NOT_FOUND;
  return isMissing
    ? { code: 'TOOL_UNKNOWN', class: 'refused', fact: 'does not exist there' }
    : judgeRpcError(error, call.tool);
}

function judgeRefusal(call: Request, exchange: Exchange): Verdict {
  const byStatus = judgeStatus(exchange);
  if (exchange.refusal === undefined || byStatus.class === 'unknown') return byStatus;
  const byCode = judgeError(call, exchange.refusal);
  return byCode.class === 'unknown' ? byStatus : byCode;
}

function judgeUnsent(thrown: unknown): Verdict {
  const fact = `was not sent, its request could not be encoded: ${messageOf(thrown)}`;
  return { code: 'TOOL_ARGUMENTS_INVALID', class: 'not-sent', fact };
}

function subjectOf({ tool, uri }: Request): string {
  return uri === undefined ? `tool '${tool}'` : `resource '${uri}'`;
}

function errorFrom(call: Request, verdict: Verdict, exchange: Exchange | undefined, cause: unknown): ToolCallError {
  const status = exchange?.status;
  return new ToolCallError(
    verdict.code,
    verdict.class,
    `${subjectOf(call)} on server '${call.server}' ${verdict.fact}`,
    {
      retryAfterMs: exchange?.retryAfterMs,
      input: exchange?.answer?.kind === 'result' ? parseInputWanted(exchange.answer.result) : undefined,
      details: { server: call.server, tool: call.tool, ...(status === undefined ? {} : { status }) },
      cause,
    },
  );
}

/** The SDK wraps what its fetch throws during the handshake, several times over. */
function findFault(thrown: unknown): HttpFault | undefined {
  let error = thrown;
  for (let depth = 0; depth < 5 && error instanceof Error; depth++) {
    if (error instanceof HttpFault) return error;
    error = error.cause;
  }
  return undefined;
}

function firstText(result: unknown): string {
  const content = fieldOf(result, 'content');
  const text = Array.isArray(content) ? fieldOf(content[0], 'text') : undefined;
  return typeof text === 'string' ? text : '';
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
