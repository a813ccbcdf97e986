import { nextDelayMs } from '@millrace/core';
import type { Route } from '@millrace/routing';
import type { Attempt, AttemptError, ImpossibleReason } from './attempt.js';
import type { DeliveryPlan } from './plan.js';

/** What is to become of a delivery after an attempt. */
export type Decision =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly unsent: number; readonly held?: number }
  /** Until somebody answers. */
  | { readonly kind: 'parked'; readonly unsent: number }
  | { readonly kind: 'dead'; readonly reason: DeadReason };

/** Why a delivery is given up; a stable word, shown in the record and the dead letter. */
export type DeadReason =
  | 'attempts-exhausted'
  | 'server-unreachable'
  | 'refused'
  | 'failed-by-tool'
  | 'failed-by-handler'
  | ImpossibleReason
  | 'route-missing'
  | 'starts-exhausted'
  | 'entry-malformed';

/**
 * Attempts that never left the process do not count against the route's own limit: a server that is down for an hour
 * shall not cost an event. But everything has a bound: at the longest default back-off this is about two hours.
 */
export const MAX_UNSENT_ATTEMPTS = 500;

/** Decides from facts alone. `random` gives numbers from 0 up to 1. */
export function decide(attempt: Attempt, plan: DeliveryPlan, route: RouteRules, random: () => number): Decision {
  if (attempt.kind === 'done') return { kind: 'done' };
  if (attempt.kind === 'impossible') return { kind: 'dead', reason: attempt.reason };
  // Being asked is no failure, and costs no attempt. But a tool that asks for ever is one that cannot be satisfied.
  const { held = 0 } = plan;
  if (attempt.asks !== undefined && plan.unsent - held + 1 < MAX_UNSENT_ATTEMPTS)
    return { kind: 'parked', unsent: plan.unsent + 1 };
  const { error } = attempt;
  const policy = route.retry;
  if (error.code === PAUSED_CODE) return putOff(plan, error.retryAfterMs, random);
  const forbidden = whyNotRepeated(error, route);
  if (forbidden !== undefined) return { kind: 'dead', reason: forbidden };
  if (!error.retryable) return { kind: 'dead', reason: 'refused' };
  const unsent = plan.unsent + (error.class === 'not-sent' ? 1 : 0);
  const made = plan.attempt - plan.redrivenAt;
  if (unsent - held >= MAX_UNSENT_ATTEMPTS) return { kind: 'dead', reason: 'server-unreachable' };
  if (error.class !== 'not-sent' && made - unsent >= policy.attempts)
    return { kind: 'dead', reason: 'attempts-exhausted' };
  const delayMs = nextDelayMs(policy, made + 1, random, error.retryAfterMs);
  return { kind: 'retry', unsent, ...(held === 0 ? {} : { held }), delayMs };
}

/** Whoever pauses a server has time: nothing is counted, and nothing gives up on it. */
const PAUSED_CODE = 'SERVER_PAUSED';
const MIN_PAUSE_MS = 1_000;

function putOff({ unsent, held = 0 }: DeliveryPlan, pauseMs = MIN_PAUSE_MS, random: () => number): Decision {
  return { kind: 'retry', unsent: unsent + 1, held: held + 1, delayMs: Math.round(pauseMs * (0.75 + 0.5 * random())) };
}

/** The parts of a route that bear on a decision. */
export type RouteRules = Pick<Route, 'retry' | 'delivery' | 'idempotency'>;

/** Why the route's guarantee forbids another attempt after this failure; undefined when it allows one. */
function whyNotRepeated(error: AttemptError, { delivery, idempotency }: RouteRules): DeadReason | undefined {
  const mayHaveHappened = error.class === 'unknown' || error.class === 'invalid-result';
  if (delivery === 'at-least-once' || error.class === 'not-sent' || error.class === 'not-rendered') return undefined;
  if (delivery === 'effectively-once')
    return mayHaveHappened && idempotency.kind === 'none' ? 'outcome-unknown' : undefined;
  if (mayHaveHappened) return 'outcome-unknown';
  if (error.class === 'failed-by-handler') return 'failed-by-handler';
  return error.class === 'failed-by-tool' ? 'failed-by-tool' : 'refused';
}
