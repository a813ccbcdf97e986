import type { Event } from '@millrace/events';
import type { Effect } from '@millrace/ledger';
import type { ToolCallError } from '@millrace/mcp-client';
import type { Asked } from '@millrace/stream-client';

/**
 * How one attempt at a delivery ended. `effects` are those whose record is to say something else after the attempt than
 * before; none where no tool was called and no answer served again.
 */
export type Attempt =
  | {
      readonly kind: 'done';
      readonly result: unknown;
      readonly followUps: readonly Event[];
      readonly effects: readonly Effect[];
    }
  | {
      readonly kind: 'failed';
      readonly error: AttemptError;
      readonly effects: readonly Effect[];
      /** A tool asks for something before it goes on: the delivery can wait for the answer. */
      readonly asks?: Asked;
      /** What there is to show for it all the same. */
      readonly shown?: unknown;
    }
  /** It cannot succeed however often it is tried, or must not be tried again. */
  | {
      readonly kind: 'impossible';
      readonly reason: ImpossibleReason;
      readonly error: { readonly code: string; readonly message: string };
      readonly effects: readonly Effect[];
      /** What there is to show for it all the same. */
      readonly shown?: unknown;
    };

export type ImpossibleReason =
  | 'condition-failed'
  | 'expression-failed'
  | 'hop-limit'
  | 'follow-up-invalid'
  | 'outcome-unknown'
  | 'target-changed'
  | 'steps-invalid'
  | 'given-up';

/** Why an attempt failed: the error of its tool call, of its handler, or of an expression that may succeed another time. */
export interface AttemptError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  /**
   * `not-rendered`: an expression ran out of time, and no call was made for it. `failed-by-handler`: a handler threw, or
   * did not end in time; what is known of its calls is in their effects.
   */
  readonly class: ToolCallError['class'] | 'not-rendered' | 'failed-by-handler';
  readonly retryAfterMs?: number;
}
