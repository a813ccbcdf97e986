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

/** What one step has to work with: a tool, and a person. */
export interface StepTools {
  /**
   * Makes the step's one tool call, under whatever guarantee the journal gives. Rejects only where the run must not go on,
   * as when a call whose outcome nobody knows must not be repeated.
   */
  readonly call: (call: AgentToolCall, signal: AbortSignal) => Promise<ToolAnswer>;
  /**
   * Asks a person whether the step's call may be made, with exactly these arguments. Kept like everything else: who has
   * answered is not asked again. While nobody has, it rejects, and the run begins again with the answer.
   */
  readonly approve: (call: AgentToolCall, why: string) => Promise<PersonAnswer>;
  /** Milliseconds for which the step's tool has waited for what it had asked a person itself. */
  readonly waitedMs: () => number;
}

/** What a person has said about a call. */
export interface PersonAnswer {
  readonly isApproved: boolean;
  /** Why not, in the person's words. */
  readonly reason?: string;
  /** How long the answer took. */
  readonly waitedMs: number;
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
