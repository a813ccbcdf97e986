import { describeError, type ErrorFacts } from '@millrace/core';
import type { Event } from '@millrace/events';
import { type Effect, type EffectTarget, effectKeyOf, maySend, targetHashOf } from '@millrace/ledger';
import type { CallOutcome, ToolCallError, ToolCaller, ToolResult } from '@millrace/mcp-client';
import { type CallAction, type EventView, ExpressionError, type Route, viewOf } from '@millrace/routing';
import { CONDITION_CODES, type DeliveryPlan, ONLY_STEP } from './plan.js';

/** How one attempt at a delivery ended. `effect` is there once the tool was called, or its answer served again. */
export type Attempt =
  | {
      readonly kind: 'done';
      readonly result: unknown;
      readonly followUps: readonly Event[];
      readonly effect: Effect;
    }
  | { readonly kind: 'failed'; readonly error: AttemptError; readonly effect?: Effect }
  /** It cannot succeed however often it is tried, or must not be tried again. */
  | {
      readonly kind: 'impossible';
      readonly reason:
        | 'action-unsupported'
        | 'condition-failed'
        | 'expression-failed'
        | 'hop-limit'
        | 'outcome-unknown'
        | 'target-changed';
      readonly error: { readonly code: string; readonly message: string };
      readonly effect?: Effect;
    };

/** Why an attempt failed: the error of its tool call, or of an expression that may succeed another time. */
export interface AttemptError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  /** `not-rendered`: an expression ran out of time, and no call was made for it. */
  readonly class: ToolCallError['class'] | 'not-rendered';
  readonly retryAfterMs?: number;
}

/** What delivering needs besides the event and the plan. */
export interface Delivering {
  readonly namespace: string;
  readonly tools: ToolCaller;
  /** Records that the effect is about to be sent. False: the entry is lost, send nothing. Rejects when it cannot tell. */
  readonly recordStart: (effect: Effect) => Promise<boolean>;
}

/**
 * Makes one attempt at carrying an event along a route: renders the arguments, calls the tool as the route's guarantee
 * allows, renders the follow-up. Never throws: whatever happens to a delivery is an answer. Ends within the route's
 * timeout or when the signal aborts.
 */
export async function deliver(
  event: Event,
  plan: DeliveryPlan & { readonly route: Route },
  delivering: Delivering,
  signal: AbortSignal,
): Promise<Attempt> {
  const { route, condition } = plan;
  if (condition instanceof ExpressionError) return toConditionAttempt(condition);
  const { action } = route;
  if (action.kind !== 'call') {
    const message = `route ${route.id} runs ${action.file}, and handlers are not run yet`;
    return { kind: 'impossible', reason: 'action-unsupported', error: { code: 'ACTION_UNSUPPORTED', message } };
  }
  const prepared = await attemptTo(async () => {
    const view = viewOf(event);
    return { view, effect: await prepareEffect(event, plan, action, view, delivering.namespace) };
  });
  if ('error' in prepared) return toExpressionAttempt(prepared.error);
  const { view, effect } = prepared.value;

  const decision = maySend({
    guarantee: route.delivery,
    isRepeatable: route.idempotency.kind !== 'none',
    recorded: plan.effect,
    redrivenAt: plan.redrivenAt,
  });
  if (decision.kind === 'outcome-unknown') {
    const message = `${effect.target.tool} may have been called before, and calling it again is not known to be safe`;
    return {
      kind: 'impossible',
      reason: 'outcome-unknown',
      error: { code: 'OUTCOME_UNKNOWN', message },
      effect: { ...effect, state: 'unknown' },
    };
  }
  if (decision.kind === 'target-changed') {
    const message = 'the recorded call does not match its own hash, so it is not sent';
    return { kind: 'impossible', reason: 'target-changed', error: { code: 'EFFECT_TAMPERED', message }, effect };
  }
  if (decision.kind === 'serve') return finish(event, route, view, effect, decision.result);

  const outcome = await delivering.tools.call(toCall(event, plan, effect, delivering), signal);
  if (outcome.kind === 'failed') return { kind: 'failed', error: outcome.error, effect: toFailed(effect, outcome) };
  const result = usableResult(outcome.result);
  const durationMs = Math.round(outcome.facts.durationMs);
  return finish(event, route, view, { ...effect, state: 'done', result, durationMs }, result);
}

/** What was recorded first stays: tool and arguments are frozen by then. Otherwise they are rendered now. */
async function prepareEffect(
  event: Event,
  plan: DeliveryPlan & { readonly route: Route },
  action: CallAction,
  view: EventView,
  namespace: string,
): Promise<Effect> {
  const { route, attempt } = plan;
  // The answer of an earlier attempt is kept; an earlier failure is not this attempt's.
  if (plan.effect?.state === 'done') return plan.effect;
  if (plan.effect !== undefined) {
    const { step, key, target, targetHash } = plan.effect;
    return { step, state: 'sent', key, attempt, target, targetHash };
  }
  const key = effectKeyOf(namespace, event, route.id, ONLY_STEP);
  const rendered = await action.renderArguments(view);
  const args = route.idempotency.kind === 'argument' ? { ...rendered, [route.idempotency.name]: key } : rendered;
  const target: EffectTarget = { ...action.target, arguments: args, version: route.version };
  return { step: ONLY_STEP, state: 'sent', key, attempt, target, targetHash: targetHashOf(target) };
}

async function finish(event: Event, route: Route, view: EventView, effect: Effect, result: unknown): Promise<Attempt> {
  const followUp = await attemptTo(() => route.renderFollowUp(event, view, result));
  if ('error' in followUp) return { ...toExpressionAttempt(followUp.error), effect };
  if (followUp.value === 'hop-limit') {
    const message = 'the chain of follow-up events has come to its hop limit, so this one was not emitted';
    return { kind: 'impossible', reason: 'hop-limit', error: { code: 'EVENT_HOP_LIMIT', message }, effect };
  }
  return { kind: 'done', result, followUps: followUp.value === undefined ? [] : [followUp.value], effect };
}

function toCall(
  event: Event,
  plan: DeliveryPlan & { readonly route: Route },
  effect: Effect,
  { recordStart }: Delivering,
) {
  const { route, attempt, redrivenAt, unsent } = plan;
  const { traceparent, tracestate } = event.attributes;
  const { server, tool, arguments: args } = effect.target;
  return {
    server,
    tool,
    arguments: args,
    idempotencyKey: effect.key,
    timeoutMs: route.timeoutMs,
    isRetry: attempt - 1 - redrivenAt > unsent,
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
    ...(route.delivery === 'at-least-once' ? {} : { beforeSend: () => recordStart(effect) }),
  };
}

function toFailed(effect: Effect, { error, facts }: CallOutcome & { readonly kind: 'failed' }): Effect {
  const { code, message } = error;
  return {
    ...effect,
    state: STATE_AFTER[error.class],
    error: { code, message },
    durationMs: Math.round(facts.durationMs),
  };
}

/** What the ledger notes after each class of failure. */
const STATE_AFTER: Readonly<Record<ToolCallError['class'], Effect['state']>> = {
  'not-sent': 'not-sent',
  refused: 'failed',
  'failed-by-tool': 'failed',
  unknown: 'unknown',
  // It was carried out, but its answer is not one that could be served.
  'invalid-result': 'unknown',
  'needs-input': 'failed',
};

/** The part of a tool's result that people and expressions work with. */
function usableResult(result: ToolResult): unknown {
  return result.structuredContent ?? result.content;
}

/** Whether the route is for this event could not be told; a person, or a quieter moment, has to. */
function toConditionAttempt({ message, retryable }: ExpressionError): Attempt {
  const error = { code: retryable ? CONDITION_CODES.timedOut : CONDITION_CODES.failed, message };
  if (!retryable) return { kind: 'impossible', reason: 'condition-failed', error };
  return { kind: 'failed', error: { ...error, retryable, class: 'not-rendered' } };
}

function toExpressionAttempt(error: ErrorFacts): Attempt {
  const { code, message, retryable } = error;
  if (!retryable) return { kind: 'impossible', reason: 'expression-failed', error: { code, message } };
  return { kind: 'failed', error: { code, message, retryable, class: 'not-rendered' } };
}

async function attemptTo<T>(work: () => Promise<T>): Promise<{ readonly value: T } | { readonly error: ErrorFacts }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: describeError(error) };
  }
}
