import type { Route } from '@millrace/routing';
import type { DeliveryDetail, Outcome } from '@millrace/stream-client';
import type { DeadReason, Decision } from './decide.js';
import type { Attempt } from './deliver.js';
import type { DeliveryPlan } from './plan.js';

/** An outcome, with what logs and metrics want to know about it. */
export interface Disposal {
  readonly outcome: Outcome;
  readonly reason?: DeadReason;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Results larger than this, in bytes of JSON, are not kept in the record; the follow-up has seen them whole. */
const MAX_KEPT_RESULT_BYTES = 65_536;

/** Turns a decided attempt into what the record will say. */
export function toOutcome(plan: DeliveryPlan, route: Route, attempt: Attempt, decision: Decision): Disposal {
  const base = { route: plan.routeId, attempt: plan.attempt };
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

function toDetail(route: Route, attempt: Attempt): DeliveryDetail {
  const error = errorOf(attempt);
  const result = 'result' in attempt && attempt.result !== undefined ? boundResult(attempt.result) : undefined;
  return {
    version: route.version,
    effects: attempt.effect === undefined ? [] : [attempt.effect],
    ...(result === undefined ? {} : { result }),
    ...(error === undefined ? {} : { error }),
  };
}

function errorOf(attempt: Attempt): { code: string; message: string } | undefined {
  return attempt.kind === 'done' ? undefined : { code: attempt.error.code, message: attempt.error.message };
}

function boundResult(result: unknown): unknown {
  const bytes = Buffer.byteLength(JSON.stringify(result));
  return bytes <= MAX_KEPT_RESULT_BYTES
    ? result
    : { omitted: `${bytes} bytes, more than the ${MAX_KEPT_RESULT_BYTES} that a record keeps` };
}
