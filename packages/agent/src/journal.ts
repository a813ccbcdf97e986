import type { ToolCallClass } from '@millrace/mcp-client';
import type { ToolName } from './policy.js';

/**
 * Where an agent keeps what it has learnt, step by step: `start`, then `<model step>` for each answer of the model and
 * `<model step>.<call index>` for each of its calls.
 */
export interface Journal {
  /**
   * Does the work and keeps what it resolves with, as JSON; where it is kept from an earlier attempt already, resolves
   * with that and does not do the work. What the work rejects with, this rejects with, and nothing is kept. It may reject
   * for reasons of its own, and the run ends with them.
   */
  readonly keep: <T>(step: string, work: (tools: StepTools) => Promise<T>) => Promise<T>;
}

/** The tools, inside one step. */
export interface StepTools {
  /**
   * Makes the step's one tool call, under whatever guarantee the journal gives. Rejects only where the run must not go on,
   * as when a call whose outcome nobody knows must not be repeated.
   */
  readonly call: (call: AgentToolCall, signal: AbortSignal) => Promise<ToolAnswer>;
}

/** One call of a tool that the policy allows. */
export interface AgentToolCall extends ToolName {
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** How a tool call came out. */
export type ToolAnswer =
  | { readonly kind: 'ok'; readonly result: unknown }
  | {
      readonly kind: 'failed';
      readonly class: ToolCallClass;
      readonly code: string;
      readonly message: string;
      readonly retryable: boolean;
      readonly retryAfterMs?: number;
    };
