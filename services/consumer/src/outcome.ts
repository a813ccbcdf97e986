import { boundResult, type Effect } from '@millrace/ledger';
import type { Route } from '@millrace/routing';
import type { DeliveryDetail, DeliveryFailure, Outcome } from '@millrace/stream-client';
import type { DeadReason, Decision } from './decide.js';
import type { Attempt } from './deliver.js';
import type { DeliveryPlan } from './plan.js';

/** An outcome, with what logs and metrics want to know about it. */
export interface Disposal {
  readonly outcome: Outcome;
  readonly reason?: DeadReason;
  readonly error?: DeliveryFailure;
}

/** Turns a decided attempt into what the record will say. */
export function toOutcome(plan: DeliveryPlan, route: Route, attempt: Attempt, decision: Decision): Disposal {
  const base = { route: plan.routeId, attempt: plan.attempt, effects: toLedger(route, attempt, decision) };
  const detail = toDetail(route, attempt);
  const error = errorOf(attempt);
  if (decision.kind === 'done' && attempt.kind === 'done') {
    return { outcome: { ...base, state: 'done', detail, followUps: attempt.followUps } };
  }
  if (decision.kind === 'retry') {
    const outcome = { ...base, state: 'retrying', detail, delayMs: decision.delayMs, unsent: decision.unsent } as const;
    return { outcome, ...(error === undefined ? {} : { error }) };
  }
  const reason = decision.kind === 'dead' ? decision.reason : 'refused';
  return {
    outcome: { ...base, state: 'dead', detail: { ...detail, reason } },
    reason,
    ...(error === undefined ? {} : { error }),
  };
}

/** A delivery that is given up without an attempt. */
export function toDeadOutcome(
  plan: DeliveryPlan,
  reason: DeadReason,
  error: { readonly code: string; readonly message: string },
): Disposal {
  const detail = { version: plan.route?.version ?? '', effects: [], reason, error };
  return { outcome: { route: plan.routeId, state: 'dead', attempt: plan.attempt, detail }, reason, error };
}

/** A delivery whose event has expired: nothing is called for it. */
export function toExpiredOutcome(plan: DeliveryPlan): Disposal {
  const detail = { version: plan.route?.version ?? '', effects: [], reason: 'expired' };
  return { outcome: { route: plan.routeId, state: 'expired', attempt: plan.attempt, detail } };
}

/** A delivery whose `when` failed before and, asked again, says that the route is not for this event. */
export function toNotMetOutcome(plan: DeliveryPlan): Disposal {
  const detail = { version: plan.route?.version ?? '', effects: [], reason: 'condition-not-met' };
  return { outcome: { route: plan.routeId, state: 'done', attempt: plan.attempt, detail, followUps: [] } };
}

function toDetail(route: Route, attempt: Attempt): DeliveryDetail {
  const error = errorOf(attempt);
  const { effect } = attempt;
  return {
    version: effect?.target.version ?? route.version,
    // The ledger's own entry says more, where there is one.
    effects: effect === undefined || isLedgered(route) ? [] : [toFacts(effect)],
    ...(effect?.state === 'done' ? { result: boundResult(effect.result) } : {}),
    ...(error === undefined ? {} : { error }),
  };
}

/** Of an effect that no guarantee rests on, the record keeps what people want to see. */
function toFacts({ step, state, key, target, durationMs }: Effect) {
  return { step, state, key, server: target.server, tool: target.tool, durationMs };
}

/** The recorded answer is kept while another attempt may need it; a done delivery has its result in the record. */
function toLedger(route: Route, { effect }: Attempt, decision: Decision): { step: string; value: string }[] {
  if (effect === undefined || !isLedgered(route)) return [];
  const { result, ...rest } = effect;
  const mayServe = effect.state === 'done' && decision.kind !== 'done';
  return [{ step: effect.step, value: JSON.stringify(mayServe ? { ...rest, result: boundResult(result) } : rest) }];
}

function isLedgered(route: Route): boolean {
  return route.delivery !== 'at-least-once';
}

function errorOf(attempt: Attempt): DeliveryFailure | undefined {
  if (attempt.kind === 'done') return undefined;
  const { code, message } = attempt.error;
  const isOfCall = attempt.kind === 'failed' && attempt.error.class !== 'not-rendered';
  return isOfCall ? { code, message, class: attempt.error.class } : { code, message };
}
