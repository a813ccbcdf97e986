import { boundResult, type Effect } from '@millrace/ledger';
import type { Route } from '@millrace/routing';
import type { DeliveryDetail, DeliveryFailure, Outcome, Pausable } from '@millrace/stream-client';
import type { Attempt } from './attempt.js';
import type { DeadReason, Decision } from './decide.js';
import type { DeliveryPlan } from './plan.js';

/** An outcome, with what logs and metrics want to know about it. */
export interface Disposal {
  readonly outcome: Outcome;
  readonly reason?: DeadReason;
  readonly error?: DeliveryFailure;
}

/** Turns a decided attempt into what the record will say. A parked one may be answered for `maxParkedMs`. */
export function toOutcome(
  plan: DeliveryPlan,
  route: Route,
  attempt: Attempt,
  decision: Decision,
  maxParkedMs: number,
): Disposal {
  const base = { route: plan.routeId, attempt: plan.attempt, effects: toLedger(route, attempt, decision) };
  const detail = toDetail(route, attempt);
  const error = errorOf(attempt);
  if (decision.kind === 'done' && attempt.kind === 'done') {
    return { outcome: { ...base, state: 'done', detail, followUps: attempt.followUps } };
  }
  if (decision.kind === 'parked' && attempt.kind === 'failed' && attempt.asks !== undefined) {
    const asked = { ...detail, ...heldIn(plan.held ?? 0), asks: attempt.asks };
    return { outcome: { ...base, state: 'parked', detail: asked, delayMs: maxParkedMs, unsent: decision.unsent } };
  }
  if (decision.kind === 'retry') {
    // The answer stays with the delivery until the tool has taken it.
    const kept = { ...detail, ...heldIn(decision.held ?? 0), ...askedIn(plan) };
    const outcome = {
      ...base,
      state: 'retrying',
      detail: kept,
      delayMs: decision.delayMs,
      unsent: decision.unsent,
    } as const;
    return { outcome, ...(error === undefined ? {} : { error }) };
  }
  const reason = decision.kind === 'dead' ? decision.reason : 'refused';
  return {
    outcome: { ...base, state: 'dead', detail: { ...detail, reason } },
    reason,
    ...(error === undefined ? {} : { error }),
  };
}

/** Whether a delivery was not begun, and comes again: it is not its turn, or something is paused. */
export function isPutOff({ state, detail }: Pick<Outcome, 'state' | 'detail'>): boolean {
  if (state === 'waiting') return true;
  const { paused, waitsIn, behind } = detail;
  return state === 'retrying' && (paused !== undefined || waitsIn !== undefined || behind !== undefined);
}

/** How long a delivery that is paused waits until it is looked at again, in ms; from then on it waits where it is. */
const PAUSED_LOOK_MS = 1_000;

/**
 * A delivery that is not begun, since something is paused. It waits as a retry does; what its record says stays, and the
 * route's attempts are not used up.
 */
export function toPausedOutcome(plan: DeliveryPlan, paused: Pausable): Disposal {
  return toHeldBack(plan, { paused }, PAUSED_LOOK_MS);
}

/** Whoever leaves a context calls the next one in; this is for when that was lost, as when its delivery was cancelled. */
const CONTEXT_LOOK_MS = 5_000;
/** However many wait before it. */
const MAX_CONTEXT_LOOK_MS = 60_000;

/**
 * A delivery that is not begun, since another one is at work in its context. The more wait before it, the less often it
 * looks: a thousand that wait in one context are not a thousand that go round every few seconds.
 */
export function toWaitingOutcome(plan: DeliveryPlan, context: string, ahead: number): Disposal {
  const lookMs = Math.min(MAX_CONTEXT_LOOK_MS, CONTEXT_LOOK_MS * (ahead + 1));
  return toHeldBack(plan, { waitsIn: context }, lookMs);
}

/** How long a delivery is left for a consumer to come by that has its route, in ms. */
const ELSEWHERE_LOOK_MS = 2_000;

/** A delivery along a route that this consumer does not have, and another does. It waits as one that is paused. */
export function toElsewhereOutcome(plan: DeliveryPlan): Disposal {
  const message = `no route is called ${plan.routeId} here, but another consumer has it`;
  const error = { code: 'ROUTE_ELSEWHERE', message };
  return { ...toHeldBack(plan, { error }, ELSEWHERE_LOOK_MS), error };
}

/** How soon it is looked again whether what comes before a delivery is over, in ms: at first, and at the latest. */
const BEHIND_LOOK_MS = 100;
const MAX_BEHIND_LOOK_MS = 10_000;

/**
 * A delivery that is not begun, since its key came from another partition, and has left something there. It looks less often
 * the longer it has waited, so that a key waits at most twice as long as what it waits for takes.
 */
export function toBehindOutcome(plan: DeliveryPlan, partition: number): Disposal {
  const lookMs = Math.min(MAX_BEHIND_LOOK_MS, BEHIND_LOOK_MS * 2 ** Math.min(plan.held ?? 0, 10));
  return toHeldBack(plan, { behind: partition }, lookMs);
}

function toHeldBack(
  plan: DeliveryPlan,
  { error, ...by }: Pick<DeliveryDetail, 'paused' | 'waitsIn' | 'behind' | 'error'>,
  delayMs: number,
): Disposal {
  const { last, unsent, held = 0 } = plan;
  const detail = {
    version: last?.version ?? plan.route?.version ?? '',
    // The ledger's own entries stay as they are.
    effects: plan.effects.length > 0 ? [] : (last?.effects ?? []),
    ...(last?.result === undefined ? {} : { result: last.result }),
    // What failed before says more, and a failed condition has to be known for one.
    ...(last?.error === undefined && error === undefined ? {} : { error: last?.error ?? error }),
    ...by,
    ...heldIn(held + 1),
    ...askedIn(plan),
  };
  const base = { route: plan.routeId, attempt: plan.attempt, detail };
  return { outcome: { ...base, state: 'retrying', delayMs, unsent: unsent + 1 } };
}

function heldIn(held: number): Pick<DeliveryDetail, 'held'> {
  return held === 0 ? {} : { held };
}

function askedIn({ input }: DeliveryPlan): Pick<DeliveryDetail, 'asks'> {
  return input === undefined ? {} : { asks: input.asks };
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

/** A delivery before which others of its lane come: nothing was attempted, and it comes back. */
export function toQueuedOutcome(plan: DeliveryPlan): Disposal {
  const detail = { version: plan.route?.version ?? '', effects: [] };
  return { outcome: { route: plan.routeId, state: 'waiting', attempt: plan.attempt, detail, unsent: plan.unsent } };
}

/** A delivery that goes on in the partition of its key: nothing was attempted here. */
export function toMovedOutcome(plan: DeliveryPlan, place: number): Disposal {
  const detail = { version: plan.route?.version ?? '', effects: [] };
  return { outcome: { route: plan.routeId, state: 'moved', place, attempt: plan.attempt, detail } };
}

/** A delivery whose `when` failed before and, asked again, says that the route is not for this event. */
export function toNotMetOutcome(plan: DeliveryPlan): Disposal {
  const detail = { version: plan.route?.version ?? '', effects: [], reason: 'condition-not-met' };
  return { outcome: { route: plan.routeId, state: 'done', attempt: plan.attempt, detail, followUps: [] } };
}

function toDetail(route: Route, attempt: Attempt): DeliveryDetail {
  const error = errorOf(attempt);
  const { effects } = attempt;
  const served = route.action.kind === 'call' ? effects[0] : undefined;
  const shown = attempt.kind === 'done' ? attempt.result : attempt.shown;
  const result = shown === undefined && served?.state === 'done' ? served.result : shown;
  return {
    // The one call of a route is made as it was first recorded.
    version: served?.target.version ?? route.version,
    // The ledger's own entries say more, where there are any.
    effects: isLedgered(route) ? [] : effects.map(toFacts),
    ...(result === undefined ? {} : { result: boundResult(result) }),
    ...(error === undefined ? {} : { error }),
  };
}

/** Bytes of JSON of the arguments of a call that failed: a page of dead letters shows many. */
const MAX_SHOWN_ARGUMENTS_BYTES = 4_096;

/**
 * Of an effect that no guarantee rests on, the record keeps what people want to see: of one that failed, what it was called
 * with. Most succeed, and would cost every event the space.
 */
function toFacts({ step, state, key, target, durationMs }: Effect) {
  const { server, tool, arguments: args } = target;
  const facts = { step, state, key, server, tool, durationMs };
  const isShown = state !== 'done' && Buffer.byteLength(JSON.stringify(args)) <= MAX_SHOWN_ARGUMENTS_BYTES;
  return isShown ? { ...facts, arguments: args } : facts;
}

/** Recorded answers are kept while another attempt may need them; a done delivery has its result in the record. */
function toLedger(route: Route, { effects }: Attempt, decision: Decision): { step: string; value: string }[] {
  if (!isLedgered(route)) return [];
  return effects.map((effect) => {
    const { result, ...rest } = effect;
    const mayServe = effect.state === 'done' && decision.kind !== 'done' && result !== undefined;
    return { step: effect.step, value: JSON.stringify(mayServe ? { ...rest, result: boundResult(result) } : rest) };
  });
}

/** A handler or an agent keeps its steps whatever the guarantee, so that no attempt does again what one before has done. */
function isLedgered({ delivery, action }: Route): boolean {
  return delivery !== 'at-least-once' || action.kind !== 'call';
}

function errorOf(attempt: Attempt): DeliveryFailure | undefined {
  if (attempt.kind === 'done') return undefined;
  const { code, message } = attempt.error;
  const isOfCall = attempt.kind === 'failed' && attempt.error.class !== 'not-rendered';
  return isOfCall ? { code, message, class: attempt.error.class } : { code, message };
}
