import { type Effect, targetHashOf } from './effect.js';

/** What a route promises about its effects. */
export type Guarantee = 'at-most-once' | 'at-least-once' | 'effectively-once';

/** What is to be done about an effect, given what the ledger knows of it. */
export type SendDecision =
  /** Record it and send it. */
  | { readonly kind: 'send' }
  /** It was answered before: this is the answer. */
  | { readonly kind: 'serve'; readonly result: unknown }
  /** It may have happened, and sending it again is not safe. A person has to decide. */
  | { readonly kind: 'outcome-unknown' }
  /** The record contradicts itself. */
  | { readonly kind: 'target-changed' };

export interface SendFacts {
  readonly guarantee: Guarantee;
  /** Whether a repeated call has no second effect: the tool takes the key, or the route says that it is safe. */
  readonly isRepeatable: boolean;
  /** What the ledger has; undefined when the effect was never recorded, so it was never sent either. */
  readonly recorded: Effect | undefined;
  /** How many attempts there had been when a person last sent the delivery round again. */
  readonly redrivenAt: number;
}

/** Decides from facts alone whether an effect may be sent. */
export function maySend({ guarantee, isRepeatable, recorded, redrivenAt }: SendFacts): SendDecision {
  if (recorded === undefined || guarantee === 'at-least-once') return { kind: 'send' };
  if (targetHashOf(recorded.target) !== recorded.targetHash) return { kind: 'target-changed' };
  if (recorded.state === 'done') return { kind: 'serve', result: recorded.result };
  if (recorded.state === 'not-sent') return { kind: 'send' };
  // Somebody has looked at what is known since, and said: send it again.
  if (redrivenAt >= recorded.attempt) return { kind: 'send' };
  if (guarantee === 'effectively-once' && (isRepeatable || recorded.state === 'failed')) return { kind: 'send' };
  return { kind: 'outcome-unknown' };
}
