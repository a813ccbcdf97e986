import type { ToolCallClass } from '@millrace/mcp-client';
import type { LimitName, Spent } from './limits.js';

/** How a run ended. Only `done` is a success. */
export type AgentOutcome =
  | {
      readonly kind: 'done';
      readonly result: unknown;
      /** Of its limit of seconds; below 0 for a run that was over before. */
      readonly leftMs: number;
      readonly report: AgentReport;
    }
  /** It came to one of its limits before it was through. Another attempt would come to the same. */
  | { readonly kind: 'limit'; readonly limit: LimitName; readonly report: AgentReport }
  /** A person has said no to a call, and the task is to end with that. */
  | { readonly kind: 'declined'; readonly message: string; readonly report: AgentReport }
  | { readonly kind: 'failed'; readonly error: AgentFailure; readonly report: AgentReport };

/** Why a run could not go on for now, or at all; the class says the same as that of a tool call's error. */
export interface AgentFailure {
  readonly by: 'model' | 'tool';
  readonly code: string;
  readonly message: string;
  readonly class: ToolCallClass;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
}

/** What was done, all attempts together. */
export interface AgentReport {
  readonly spent: Spent;
  readonly steps: readonly StepReport[];
  /** What was read for it; absent where nothing was to be read. */
  readonly resources?: readonly { readonly name: string; readonly verdict: 'read' | 'failed' }[];
}

/** One answer of the model and its calls. */
export interface StepReport {
  readonly text: string;
  /** Who gave it, by the name that routes have for the model. */
  readonly model?: string;
  readonly calls: readonly CallReport[];
}

/**
 * What became of one call that the model asked for. `denied`: the policy does not allow it, or there is no such tool.
 * `invalid`: its arguments are not those of the tool. `declined`: a person has said no. None of these was sent.
 */
export interface CallReport {
  readonly step: string;
  /** As the model asked for it. */
  readonly name: string;
  /** `server/tool`, where there is one of that name. */
  readonly tool?: string;
  readonly verdict: 'done' | 'failed' | 'denied' | 'invalid' | 'declined';
  /** Whether a person was asked and has said yes. */
  readonly isApproved?: boolean;
  /** Whether the tool reaches outside, and has answered. */
  readonly isFromOutside?: boolean;
  /** Milliseconds for which it has waited for a person. */
  readonly waitedMs?: number;
  /** What the model was told. */
  readonly said: string;
}

/** Thrown inside a run to end it, past whatever is under way. */
export class RunEnded extends Error {
  override readonly name = 'RunEnded';
  readonly end: { readonly limit: LimitName } | { readonly error: AgentFailure } | { readonly declined: string };

  constructor(end: RunEnded['end']) {
    super('error' in end ? end.error.message : 'limit' in end ? `the limit on ${end.limit} is reached` : end.declined);
    this.end = end;
  }
}
