import type { ErrorFacts } from '@millrace/core';
import type { Event } from '@millrace/events';
import { type Effect, type EffectTarget, effectKeyOf, maySend, targetHashOf } from '@millrace/ledger';
import type { CallOutcome, Progress } from '@millrace/mcp-client';
import { type CallAction, type EventView, type Route, viewOf } from '@millrace/routing';
import type { Attempt } from './attempt.js';
import { attemptTo, toExpressionAttempt, toHopLimit } from './attempt-to.js';
import { askedBy, inputFor, stateAfter, usableResult } from './call-outcome.js';
import { callTarget } from './call-target.js';
import type { Delivering, RoutedPlan } from './deliver.js';
import { type DeliveryPlan, isRetry, ONLY_STEP } from './plan.js';

/**
 * Makes one attempt with one tool call: renders the arguments, calls the tool as the route's guarantee allows, renders the
 * follow-up. Never throws.
 */
export async function deliverByCall(
  event: Event,
  plan: RoutedPlan,
  action: CallAction,
  delivering: Delivering,
  signal: AbortSignal,
): Promise<Attempt> {
  const { route } = plan;
  const prepared = await (delivering.prepared ?? prepareCall(event, plan, action, delivering.namespace));
  if ('error' in prepared) return toExpressionAttempt(prepared.error);
  const { view, effect } = prepared.value;

  const decision = maySend({
    guarantee: route.delivery,
    isRepeatable: route.idempotency.kind !== 'none',
    recorded: recordedIn(plan),
    redrivenAt: plan.redrivenAt,
  });
  if (decision.kind === 'outcome-unknown') {
    const message = `${effect.target.tool} may have been called before, and calling it again is not known to be safe`;
    const error = { code: 'OUTCOME_UNKNOWN', message };
    return { kind: 'impossible', reason: 'outcome-unknown', error, effects: [{ ...effect, state: 'unknown' }] };
  }
  if (decision.kind === 'target-changed') {
    const message = 'the recorded call does not match its own hash, so it is not sent';
    const error = { code: 'EFFECT_TAMPERED', message };
    return { kind: 'impossible', reason: 'target-changed', error, effects: [effect] };
  }
  if (decision.kind === 'serve') return finish(event, route, view, effect, decision.result);

  const targetCall = {
    effect,
    target: action.target,
    plan,
    guarantee: route.delivery,
    isReadOnly: delivering.isReadOnly,
    call: toCall(event, plan, effect, delivering),
    record: route.delivery === 'at-least-once' ? undefined : delivering.recordEffect,
  };
  const { called, outcome } = await callTarget(targetCall, delivering, signal);
  if (outcome.kind === 'failed') {
    const effects = [toFailed(called, outcome, isUnresolved(plan, called))];
    const failed = { kind: 'failed', error: outcome.error, effects } as const;
    const asks = askedBy(outcome.error, plan.attempt, called.step, called.target);
    return asks === undefined ? failed : { ...failed, asks };
  }
  const result = usableResult(outcome.result);
  const durationMs = Math.round(outcome.facts.durationMs);
  return finish(event, route, view, { ...called, state: 'done', result, durationMs }, result);
}

/** What a call is made of, or why it cannot be. */
export type PreparedCall =
  | { readonly value: { readonly view: EventView; readonly effect: Effect } }
  | { readonly error: ErrorFacts };

/** Renders what is to be called, and sends nothing. Never rejects. */
export function prepareCall(
  event: Event,
  plan: RoutedPlan,
  action: CallAction,
  namespace: string,
): Promise<PreparedCall> {
  return attemptTo(async () => {
    const view = viewOf(event);
    return { view, effect: await prepareEffect(event, plan, action, view, namespace) };
  });
}

function recordedIn({ effects }: DeliveryPlan): Effect | undefined {
  return effects.find(({ step }) => step === ONLY_STEP);
}

/** What was recorded first stays: tool and arguments are frozen by then. Otherwise they are rendered now. */
async function prepareEffect(
  event: Event,
  plan: RoutedPlan,
  action: CallAction,
  view: EventView,
  namespace: string,
): Promise<Effect> {
  const { route, attempt } = plan;
  const recorded = recordedIn(plan);
  // The answer of an earlier attempt is kept; an earlier failure is not this attempt's.
  if (recorded?.state === 'done') return recorded;
  if (recorded !== undefined) {
    const { step, key, target, targetHash } = recorded;
    return { step, state: 'sent', key, attempt, target, targetHash };
  }
  const key = effectKeyOf(namespace, event, route.id, ONLY_STEP);
  const rendered = await action.renderArguments(view);
  const args = route.idempotency.kind === 'argument' ? { ...rendered, [route.idempotency.name]: key } : rendered;
  const { server, tool } = action.target;
  const target: EffectTarget = { server, tool, arguments: args, version: route.version };
  // Where nothing is recorded, nothing will be compared with it.
  const targetHash = route.delivery === 'at-least-once' ? '' : targetHashOf(target);
  return { step: ONLY_STEP, state: 'sent', key, attempt, target, targetHash };
}

async function finish(event: Event, route: Route, view: EventView, effect: Effect, result: unknown): Promise<Attempt> {
  const effects = [effect];
  if (!route.emits) return { kind: 'done', result, followUps: [], effects };
  const followUp = await attemptTo(() => route.renderFollowUp(event, view, result));
  if ('error' in followUp) return { ...toExpressionAttempt(followUp.error), effects };
  if (followUp.value === 'hop-limit') return toHopLimit(effects);
  return { kind: 'done', result, followUps: followUp.value === undefined ? [] : [followUp.value], effects };
}

function toCall(event: Event, plan: RoutedPlan, effect: Effect, delivering: Delivering) {
  const { route } = plan;
  const { traceparent, tracestate } = event.attributes;
  return {
    idempotencyKey: effect.key,
    timeoutMs: route.timeoutMs,
    isRetry: isRetry(plan),
    onProgress: (progress: Progress) => delivering.noteProgress(effect.step, progress),
    ...inputFor(effect.step, plan.input),
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
  };
}

/**
 * Whether an earlier attempt at this server may have done its work. Only its answer ends that, or a person who sends the
 * delivery round again: a later attempt that did not get through says nothing about it.
 */
function isUnresolved({ lastCalled, redrivenAt }: DeliveryPlan, { target }: Effect): boolean {
  return lastCalled?.server === target.server && !lastCalled.isOver && lastCalled.attempt > redrivenAt;
}

function toFailed(
  effect: Effect,
  { error, facts }: CallOutcome & { readonly kind: 'failed' },
  isStillUnknown: boolean,
): Effect {
  const { code, message } = error;
  const hasNotRun = error.class === 'not-sent' || error.class === 'refused';
  return {
    ...effect,
    state: isStillUnknown && hasNotRun ? 'unknown' : stateAfter(error),
    error: { code, message },
    durationMs: Math.round(facts.durationMs),
  };
}
