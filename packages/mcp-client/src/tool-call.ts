import type { ToolCallError } from './errors.js';

/** One `tools/call` request, with everything that belongs to it alone. */
export interface ToolCall {
  /** Name of a configured server. */
  readonly server: string;
  readonly tool: string;
  /** A JSON object. */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Travels as `_meta["millrace.dev/idempotency-key"]`. */
  readonly idempotencyKey: string;
  /** W3C trace context, sent in `_meta` and as a header; left out where it is not well formed. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** For everything together: waiting for a slot, connecting, the call, and sending it again. 1 to 2,000,000,000. */
  readonly timeoutMs: number;
  /**
   * Asked once, when everything else is ready and nothing has been sent: the place to record that the call is about to
   * go out. With false, or a rejection, the call ends as TOOL_WITHHELD, not sent. A call that is sent again in a new
   * session, because the server turned it away, is not asked about a second time.
   */
  readonly beforeSend?: () => Promise<boolean>;
}

/** A tool's result as the server sent it. Not checked against the tool's output schema. */
export interface ToolResult {
  readonly content: readonly unknown[];
  readonly structuredContent?: unknown;
  /** Bytes of the answer it came in. */
  readonly sizeBytes: number;
}

/** For logs, metrics and traces; nothing here is needed for a decision. */
export interface CallFacts {
  /** From the call of `call` to its outcome. */
  readonly durationMs: number;
  /** Whether any byte of the call may have reached the server. */
  readonly dispatched: boolean;
  /** HTTP status of the last reply, if there was one. */
  readonly status?: number;
}

/** How a call ended. Whether a failed one may be sent again is in its error's `class`. */
export type CallOutcome =
  | { readonly kind: 'ok'; readonly result: ToolResult; readonly facts: CallFacts }
  | { readonly kind: 'failed'; readonly error: ToolCallError; readonly facts: CallFacts };

/** Carries one tool call to its server. */
export interface ToolCaller {
  /**
   * Resolves with the outcome, within the call's `timeoutMs`; never rejects for anything that a server, the network or
   * an event's data does. An aborted signal ends the call at once. The call is sent at most once, with one exception:
   * where the server turned it away because it forgot the session, it is sent again in a new one.
   */
  call(call: ToolCall, signal: AbortSignal): Promise<CallOutcome>;
}
