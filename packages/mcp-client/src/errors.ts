import { PlatformError } from '@millrace/core';
import type { InputWanted } from './outcomes/input-wanted.js';

/**
 * What is known about a tool call that did not succeed: whether it took effect. Decide about repeating it on this,
 * never on the code.
 *
 * - `not-sent`: no byte of it left this process. Repeating it is always safe.
 * - `refused`: it reached the server, which turned it away before the tool ran.
 * - `failed-by-tool`: the tool ran and says that it failed; what it did before that is the tool's own story.
 * - `unknown`: it was sent and no usable answer came back. It may have taken effect, or may still.
 * - `invalid-result`: it was carried out, and its answer cannot be used.
 * - `needs-input`: it waits for somebody's answer, or asks for an ability that this client does not have.
 */
export type ToolCallClass = 'not-sent' | 'refused' | 'failed-by-tool' | 'unknown' | 'invalid-result' | 'needs-input';

/** Every code of this package, and whether the same call may succeed later without anybody changing anything. */
const RETRYABLE = {
  /** No server of that name is configured here; where a configuration is just being exchanged, another process has it. */
  SERVER_UNKNOWN: true,
  /** Somebody has paused the server. It is called again once somebody resumes it. */
  SERVER_PAUSED: true,
  /** The server has no tool of that name, or has it switched off. */
  TOOL_UNKNOWN: false,
  /** The server, or the encoder, does not accept the arguments. */
  TOOL_ARGUMENTS_INVALID: false,
  /** HTTP 401 or 403. */
  TOOL_UNAUTHORIZED: false,
  /** The server turned the request away for its form: another 4xx, a redirect that is not followed, a JSON-RPC error. */
  TOOL_REQUEST_REJECTED: false,
  /** No connection, no MCP handshake, or no MCP endpoint at the configured URL. */
  TOOL_UNREACHABLE: true,
  /** No slot of the server's concurrency limit became free in time, or it has its share of this process taken. */
  TOOL_BUSY: true,
  /** Its server is not answering, or has asked to be left alone; or too many retries fail. */
  TOOL_WAITING_OUT: true,
  /** The tool is not what it is pinned to be, or was never accepted. It is called once that is mended. */
  TOOL_CHANGED: true,
  /** The server's rate is used up. */
  TOOL_RATE_LIMITED: true,
  /** The caller's own `beforeSend` said no, or failed. */
  TOOL_WITHHELD: true,
  /** HTTP 429, 425, or 503 with Retry-After. */
  TOOL_THROTTLED: true,
  /** The server does not know the session, not even after it was opened anew. */
  TOOL_SESSION_LOST: true,
  /** The call's time ran out after it was sent. */
  TOOL_TIMEOUT: true,
  /** The caller's signal was aborted, or the tool caller was closed. */
  TOOL_ABORTED: true,
  /** The connection broke, or what came back is no answer to this call. */
  TOOL_ANSWER_LOST: true,
  /** HTTP 5xx, or a JSON-RPC error that does not say whether the tool ran. */
  TOOL_SERVER_ERROR: true,
  /** The tool's result is marked `isError`. A route may know better and give up at once. */
  TOOL_REPORTED_ERROR: true,
  /** The answer is not a tool result, is nested too deep, or breaks the server's own output schema. */
  TOOL_RESULT_INVALID: false,
  /** The answer is larger than the server's `maxResultBytes`. */
  TOOL_RESULT_TOO_LARGE: false,
  /** The server asks for input before it goes on. */
  TOOL_NEEDS_INPUT: false,
} as const;

/** Codes of `ToolCallError`. */
export type ToolCallErrorCode = keyof typeof RETRYABLE;

/** What a `ToolCallError` carries beside its code, class and message. */
export interface ToolCallErrorOptions {
  /** How long the server asked to be left alone, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** What the tool wants to know. */
  readonly input?: InputWanted | undefined;
  /** Facts for a person or a log line. Never secrets, never arguments. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * Why a tool call did not succeed. `class` says whether it took effect, `retryable` whether the same call may succeed
 * later; a call of class `unknown` is retryable in that sense only, and repeating it may repeat its effect. The message
 * of TOOL_REPORTED_ERROR quotes the first words of the tool.
 */
export class ToolCallError extends PlatformError<ToolCallErrorCode> {
  readonly class: ToolCallClass;
  readonly retryAfterMs?: number;
  /** There with class `needs-input`, when the server says what it wants and the call can be made again with it. */
  readonly input?: InputWanted;

  constructor(
    code: ToolCallErrorCode,
    callClass: ToolCallClass,
    message: string,
    { retryAfterMs, input, details = {}, cause }: ToolCallErrorOptions = {},
  ) {
    super(code, message, { retryable: RETRYABLE[code], details, cause });
    this.class = callClass;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
    if (input !== undefined) this.input = input;
  }
}
