import { createHash } from 'node:crypto';
import { describeError, type ErrorFacts } from '@millrace/core';
import type { Event } from '@millrace/events';
import type { ToolCall, ToolCallError, ToolCaller, ToolResult } from '@millrace/mcp-client';
import { type Route, viewOf } from '@millrace/routing';

/** How one attempt at a delivery ended. `effect` is there once the tool was called. */
export type Attempt =
  | {
      readonly kind: 'done';
      readonly result: unknown;
      readonly followUps: readonly Event[];
      readonly effect: EffectFacts;
    }
  | { readonly kind: 'failed'; readonly error: AttemptError; readonly effect?: EffectFacts; readonly result?: unknown }
  /** It cannot succeed however often it is tried. When the tool was called before that became clear, `result` is there. */
  | {
      readonly kind: 'impossible';
      readonly reason: 'expression-failed' | 'hop-limit';
      readonly error: { readonly code: string; readonly message: string };
      readonly effect?: EffectFacts;
      readonly result?: unknown;
    };

/** Why an attempt failed: the error of its tool call, or of an expression that may succeed another time. */
export type AttemptError =
  | Pick<ToolCallError, 'code' | 'message' | 'retryable' | 'class' | 'retryAfterMs'>
  | ExpressionFailure;

interface ExpressionFailure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly class: 'not-rendered';
  readonly retryAfterMs?: number;
}

/** What the record shows about a tool call. */
export interface EffectFacts {
  readonly server: string;
  readonly tool: string;
  readonly key: string;
  /** `ok`, or the class of the failure. */
  readonly outcome: string;
  readonly durationMs: number;
}

/**
 * Makes one attempt at carrying an event along a route: renders the arguments, calls the tool, renders the follow-up.
 * Never throws: whatever happens to a delivery is an answer. Ends within the route's timeout or when the signal aborts.
 */
export async function deliver(
  event: Event,
  route: Route,
  namespace: string,
  tools: ToolCaller,
  signal: AbortSignal,
): Promise<Attempt> {
  const rendered = await attemptTo(async () => {
    const view = viewOf(event);
    return { view, call: toCall(event, route, namespace, await route.renderArguments(view)) };
  });
  if ('error' in rendered) return toExpressionAttempt(rendered.error);

  const { view, call } = rendered.value;
  const outcome = await tools.call(call, signal);
  const failed = outcome.kind === 'failed';
  const effect = {
    server: call.server,
    tool: call.tool,
    key: call.idempotencyKey,
    outcome: failed ? outcome.error.class : 'ok',
    durationMs: Math.round(outcome.facts.durationMs),
  };
  if (failed) return { kind: 'failed', error: outcome.error, effect };

  const result = usableResult(outcome.result);
  const followUp = await attemptTo(() => route.renderFollowUp(event, view, result));
  if ('error' in followUp) return { ...toExpressionAttempt(followUp.error), effect, result };
  if (followUp.value === 'hop-limit') {
    const message = 'the chain of follow-up events has come to its hop limit, so this one was not emitted';
    return { kind: 'impossible', reason: 'hop-limit', error: { code: 'EVENT_HOP_LIMIT', message }, effect, result };
  }
  return { kind: 'done', result, followUps: followUp.value === undefined ? [] : [followUp.value], effect };
}

/** The key under which a tool may recognise a repeated call: the same in every attempt, redrive and process. */
export function idempotencyKeyOf(namespace: string, event: Event, routeId: string, stepPath: string): string {
  const parts = JSON.stringify([namespace, event.source, event.id, routeId, stepPath]);
  return createHash('sha256').update(parts).digest('base64url').slice(0, 32);
}

function toCall(event: Event, route: Route, namespace: string, args: Record<string, unknown>): ToolCall {
  const { traceparent, tracestate } = event.attributes;
  return {
    ...route.call,
    arguments: args,
    idempotencyKey: idempotencyKeyOf(namespace, event, route.id, '0'),
    timeoutMs: route.timeoutMs,
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
  };
}

/** The part of a tool's result that people and expressions work with. */
function usableResult(result: ToolResult): unknown {
  return result.structuredContent ?? result.content;
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
