import type { Interruption } from '../deadline.js';
import type { ToolCallClass, ToolCallErrorCode } from '../errors.js';
import type { Exchange } from '../http/exchange.js';
import type { HttpFault } from '../http/http-fault.js';
import { fieldOf, type RpcError } from '../json-rpc.js';

/** What a piece of evidence says about a tool call, before it is put into an error. */
export interface Verdict {
  readonly code: ToolCallErrorCode;
  readonly class: ToolCallClass;
  /** Completes the sentence "tool 'x' on server 'y' …". */
  readonly fact: string;
}

/** Longest piece of a server's own words that an error repeats, in characters. */
const MAX_QUOTE_LENGTH = 200;

/** A server's own words, as far as an error repeats them. */
export function quote(words: string): string {
  return words.length > MAX_QUOTE_LENGTH ? `${words.slice(0, MAX_QUOTE_LENGTH)}…` : words;
}

/** The verdict on an HTTP status that is not 2xx, going by what HTTP and the MCP transports promise about it. */
export function judgeStatus({ status = 0, retryAfterMs, inSession }: Exchange): Verdict {
  const fact = `was answered HTTP ${status}`;
  if (status === 401 || status === 403) return { code: 'TOOL_UNAUTHORIZED', class: 'refused', fact };
  if (status === 425 || status === 429) return { code: 'TOOL_THROTTLED', class: 'refused', fact };
  // Without Retry-After a 503 may come from a proxy whose upstream died in the middle of the call.
  if (status === 503 && retryAfterMs !== undefined) return { code: 'TOOL_THROTTLED', class: 'refused', fact };
  if (status === 408 || status >= 500) return { code: 'TOOL_SERVER_ERROR', class: 'unknown', fact };
  if (status === 404 && inSession) return { code: 'TOOL_SESSION_LOST', class: 'refused', fact };
  if (status === 404 || status === 405 || status === 410) return { code: 'TOOL_UNREACHABLE', class: 'refused', fact };
  return { code: 'TOOL_REQUEST_REJECTED', class: 'refused', fact };
}

/**
 * The verdict on a JSON-RPC error. Servers built on the SDKs use -32602 for three things and tell them apart in the
 * text alone; codes from -32000 to -32019 have no agreed meaning.
 */
export function judgeRpcError({ code, message }: RpcError, tool: string): Verdict {
  const fact = `was answered with JSON-RPC error ${code}`;
  switch (code) {
    case -32602:
      return judgeSdkText(message, tool) ?? { code: 'TOOL_ARGUMENTS_INVALID', class: 'refused', fact };
    case -32601:
      return { code: 'TOOL_UNKNOWN', class: 'refused', fact };
    case -32600:
    case -32700:
    case -32020:
      return { code: 'TOOL_REQUEST_REJECTED', class: 'refused', fact };
    case -32022:
      return { code: 'TOOL_SESSION_LOST', class: 'refused', fact };
    case -32021:
    case -32042:
      return { code: 'TOOL_NEEDS_INPUT', class: 'needs-input', fact };
    default:
      return { code: 'TOOL_SERVER_ERROR', class: 'unknown', fact };
  }
}

/**
 * The verdict on a text by which a server built on an SDK says that it never ran the tool, or dislikes what the tool
 * returned; undefined for any other text, which is then the tool's own. Such servers put it into a result marked
 * `isError` or into a JSON-RPC error, depending on their version. The tool's name must be right, so that a tool which
 * passes on another server's words is not taken for one that never ran.
 */
export function judgeSdkText(text: string, tool: string): Verdict | undefined {
  const words = text.replace(/^MCP error -32602: /, '');
  if (words === `Tool ${tool} not found` || words === `Tool ${tool} disabled` || words === `Unknown tool: ${tool}`) {
    return { code: 'TOOL_UNKNOWN', class: 'refused', fact: 'does not exist there' };
  }
  const refusal = `Input validation error: Invalid arguments for tool ${tool}:`;
  if (words.startsWith(refusal)) {
    // As it was said: in another form, what is hidden would not be found in it.
    const why = quote(words.slice(refusal.length).trim());
    const fact = `does not accept the arguments${why === '' ? '' : `: ${why}`}`;
    return { code: 'TOOL_ARGUMENTS_INVALID', class: 'refused', fact };
  }
  if (words.startsWith('Output validation error: ') || words.startsWith('Invalid tools/call result: ')) {
    return { code: 'TOOL_RESULT_INVALID', class: 'invalid-result', fact: "broke the server's own output schema" };
  }
  return undefined;
}

/** The verdict on a request that got no usable reply. */
export function judgeFault(fault: HttpFault): Verdict {
  const fact = `got no usable answer: ${fault.message}`;
  switch (fault.kind) {
    case 'too-large':
      return { code: 'TOOL_RESULT_TOO_LARGE', class: 'invalid-result', fact };
    case 'too-deep':
      return { code: 'TOOL_RESULT_INVALID', class: 'invalid-result', fact };
    case 'foreign-origin':
      return { code: 'TOOL_REQUEST_REJECTED', class: 'refused', fact };
    case 'network':
    case 'aborted':
    case 'no-token':
    case 'no-answer':
    case 'unreadable':
      return fault.dispatched
        ? { code: 'TOOL_ANSWER_LOST', class: 'unknown', fact }
        : { code: 'TOOL_UNREACHABLE', class: 'not-sent', fact: `could not be reached: ${fault.message}` };
  }
}

/** The verdict on a call that ended before its answer came. */
export function judgeInterruption(interruption: Interruption, dispatched: boolean, timeoutMs: number): Verdict {
  const callClass = dispatched ? 'unknown' : 'not-sent';
  if (interruption === 'aborted') return { code: 'TOOL_ABORTED', class: callClass, fact: 'was given up by its caller' };
  if (interruption === 'closed') return { code: 'TOOL_ABORTED', class: callClass, fact: 'was cut off by closing' };
  return dispatched
    ? { code: 'TOOL_TIMEOUT', class: 'unknown', fact: `gave no answer within ${timeoutMs} ms` }
    : { code: 'TOOL_UNREACHABLE', class: 'not-sent', fact: `could not be sent the call within ${timeoutMs} ms` };
}

/** The verdict on an answer that is no complete tool result. */
export function judgeUnusableResult(result: unknown): Verdict {
  if (fieldOf(result, 'resultType') === 'input_required') {
    return { code: 'TOOL_NEEDS_INPUT', class: 'needs-input', fact: 'asks for input before it goes on' };
  }
  return {
    code: 'TOOL_RESULT_INVALID',
    class: 'invalid-result',
    fact: 'answered with something that is no tool result',
  };
}
