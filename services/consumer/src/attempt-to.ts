import { describeError, type ErrorFacts } from '@millrace/core';
import type { ExpressionError } from '@millrace/routing';
import type { Attempt } from './attempt.js';
import { CONDITION_CODES } from './plan.js';

/** The value of some work, or what was thrown. */
export async function attemptTo<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly error: ErrorFacts }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: describeError(error) };
  }
}

/** Whether the route is for this event could not be told; a person, or a quieter moment, has to. */
export function toConditionAttempt({ message, retryable }: ExpressionError): Attempt {
  const error = { code: retryable ? CONDITION_CODES.timedOut : CONDITION_CODES.failed, message };
  const effects: Attempt['effects'] = [];
  if (!retryable) return { kind: 'impossible', reason: 'condition-failed', error, effects };
  return { kind: 'failed', error: { ...error, retryable, class: 'not-rendered' }, effects };
}

/** The attempt that an expression has ended. One that ran out of time may be tried again. */
export function toExpressionAttempt({ code, message, retryable }: ErrorFacts): Attempt {
  const effects: Attempt['effects'] = [];
  if (!retryable) return { kind: 'impossible', reason: 'expression-failed', error: { code, message }, effects };
  return { kind: 'failed', error: { code, message, retryable, class: 'not-rendered' }, effects };
}

/** The attempt whose follow-up event would be one too many in its chain. */
export function toHopLimit(effects: Attempt['effects']): Attempt {
  const message = 'the chain of follow-up events has come to its hop limit, so this one was not emitted';
  return { kind: 'impossible', reason: 'hop-limit', error: { code: 'EVENT_HOP_LIMIT', message }, effects };
}
