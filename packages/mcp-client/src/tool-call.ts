import type { ToolCallError } from './errors.js';
import type { InputGiven } from './outcomes/input-wanted.js';

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
  /**
   * For everything together: waiting for a slot, connecting, the call, and sending it again. 1 to 2,000,000,000. Each
   * sign of progress gives the call as much time again, up to the server's `totalTimeoutMs` or the call's own.
   */
  readonly timeoutMs: number;
  /** Longest time in all, however much progress there is. Default: the server's `totalTimeoutMs`. */
  readonly totalTimeoutMs?: number;
  /** Told about the tool's progress notifications, as the server words them. It must not throw. */
  readonly onProgress?: (progress: Progress) => void;
  /** Whether it was sent before and failed: then it is only sent while its server does not fail too often. */
  readonly isRetry?: boolean;
  /** What was asked for when the same call was answered `needs-input` before. */
  readonly input?: InputGiven;
  /**
   * Asked once, when everything else is ready and nothing has been sent: the place to record that the call is about to
   * go out. With false, or a rejection, the call ends as TOOL_WITHHELD, not sent. A call that is sent again in a new
   * session, because the server turned it away, is not asked about a second time.
   */
  readonly beforeSend?: () => Promise<boolean>;
}

/** How far a tool says that it has come. */
export interface Progress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** A tool as its server describes it. */
export interface ToolDescription {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  /** JSON Schema, not checked. */
  readonly inputSchema: unknown;
  readonly outputSchema?: unknown;
  /** Hints of the server; believe them only of a server that is trusted. */
  readonly annotations?: ToolAnnotations;
}

/** MCP's hints about a tool; what is left out means the worst. */
export interface ToolAnnotations {
  readonly readOnlyHint?: boolean;
  readonly destructiveHint?: boolean;
  readonly idempotentHint?: boolean;
  readonly openWorldHint?: boolean;
}

/** The tools of one server, or why they could not be had. */
export type ToolListing =
  | { readonly kind: 'ok'; readonly tools: readonly ToolDescription[] }
  | { readonly kind: 'failed'; readonly error: ToolCallError };

/** Knows which tools there are. */
export interface ToolLister {
  /**
   * A server's tools, all pages of them; never rejects, and ends within ten seconds. The server is not asked when there is
   * an answer that is at most `maxAgeMs` old. Default 0: it is asked.
   */
  listTools(server: string, signal: AbortSignal, maxAgeMs?: number): Promise<ToolListing>;
}

/** What a trusted server says about a tool. */
export interface ToolHints {
  readonly isReadOnly: boolean;
  /** Whether a second call with the same arguments changes nothing more. */
  readonly isIdempotent: boolean;
  /** Whether it may take something away that was there. What a server leaves out means that it may. */
  readonly isDestructive: boolean;
  /** Whether it reaches beyond the server's own systems, and brings back what strangers have written. Left out: it may. */
  readonly isOpenWorld: boolean;
}

/** What is thought of a tool about which nobody who is trusted has said anything: the worst. */
export const NO_HINTS: ToolHints = {
  isReadOnly: false,
  isIdempotent: false,
  isDestructive: true,
  isOpenWorld: true,
};

/** Knows what tools are like. */
export interface ToolKnowledge {
  /** `NO_HINTS` where the server is not trusted, or cannot be asked. Never rejects; asks the server now and then. */
  hintsOf(server: string, tool: string, signal: AbortSignal): Promise<ToolHints>;
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

/** One `resources/read` request. */
export interface ResourceRead {
  /** Name of a configured server. */
  readonly server: string;
  readonly uri: string;
  /** W3C trace context, as that of a tool call. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** For everything together, as that of a tool call. */
  readonly timeoutMs: number;
}

/** How a reading ended; a failed one is classed as a tool call is, and reading again changes nothing. */
export type ResourceOutcome =
  | {
      readonly kind: 'ok';
      /** The text of all its contents; of what is no text, a line that says so. */
      readonly text: string;
      readonly facts: CallFacts;
    }
  | { readonly kind: 'failed'; readonly error: ToolCallError; readonly facts: CallFacts };

/** Reads what servers offer to be read. */
export interface ResourceReader {
  /**
   * Resolves with the outcome, within `timeoutMs`; never rejects. It passes the same gates as a call: the server's slots,
   * breaker, rate and limits of size.
   */
  readResource(read: ResourceRead, signal: AbortSignal): Promise<ResourceOutcome>;
}

/** Carries one tool call to its server. */
export interface ToolCaller {
  /**
   * Resolves with the outcome, within the call's `timeoutMs`; never rejects for anything that a server, the network or
   * an event's data does. An aborted signal ends the call at once. The call is sent at most once, with one exception:
   * where the server turned it away because it forgot the session, it is sent again in a new one.
   */
  call(call: ToolCall, signal: AbortSignal): Promise<CallOutcome>;
}
