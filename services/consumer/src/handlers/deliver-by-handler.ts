import { sleep } from '@millrace/core';
import type { Event } from '@millrace/events';
import { GiveUp, type Handler, ToolCallFailed } from '@millrace/handlers';
import { type Effect, StepLedger } from '@millrace/ledger';
import { type EventView, viewOf } from '@millrace/routing';
import { type Asked, isWorthRepeating } from '@millrace/stream-client';
import { AgentEnded } from '../agents/agent-ended.js';
import type { Attempt, AttemptError } from '../attempt.js';
import { attemptTo, toExpressionAttempt, toHopLimit } from '../attempt-to.js';
import type { Delivering, RoutedPlan } from '../deliver.js';
import { isRetry } from '../plan.js';
import { AttemptEnd } from './attempt-end.js';
import { Emissions } from './emissions.js';
import { createHandlerContext, messageOf } from './handler-context.js';

/** How the function of a handler ended. */
type Ending =
  | { readonly kind: 'returned'; readonly result: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  /** It has not ended: its time is over, or nobody wants it any more. What it does from now on has no effect. */
  | { readonly kind: 'overdue' };

/**
 * Makes one attempt by running a handler from its beginning; steps that earlier attempts have done are served. Never throws,
 * and ends within the route's timeout, whether the handler does or not. Only a handler that blocks the event loop holds it
 * up; the watchdog is for those.
 */
export async function deliverByHandler(
  event: Event,
  plan: RoutedPlan,
  handler: Handler,
  delivering: Delivering,
  signal: AbortSignal,
): Promise<Attempt> {
  const { route, attempt } = plan;
  const viewed = await attemptTo(async () => viewOf(event));
  if ('error' in viewed) return toExpressionAttempt(viewed.error);

  const { promise, resolve } = Promise.withResolvers<Ending>();
  const end = new AttemptEnd(signal, route.timeoutMs, () => resolve({ kind: 'overdue' }));
  const ledger = new StepLedger(
    {
      namespace: delivering.namespace,
      event,
      route: route.id,
      version: route.version,
      attempt,
      redrivenAt: plan.redrivenAt,
      guarantee: route.delivery,
      recorded: plan.effects,
    },
    (effect) => recordUntilAnswered(effect, delivering, end),
  );
  const emissions = new Emissions(event, route.id);
  const steps = new Set<Promise<unknown>>();
  let asks: Asked | undefined;
  const context = createHandlerContext({
    event,
    view: viewed.value,
    route,
    attempt,
    isRetry: isRetry(plan),
    ledger,
    emissions,
    delivering,
    end,
    input: plan.input,
    noteAsked: (asked) => {
      asks ??= asked;
    },
    noteStep: (step) => steps.add(step),
  });
  if (!end.isOver) void runToItsEnd(handler, context, steps).then(resolve);
  const ended = await promise;
  end.end();
  ledger.close();
  const attempted = await judge(ended, event, plan, viewed.value, ledger, emissions);
  return asks !== undefined && attempted.kind === 'failed' ? { ...attempted, asks } : attempted;
}

/** A handler that forgot to wait for its steps is waited for all the same: they are part of the delivery. */
async function runToItsEnd(
  handler: Handler,
  context: ReturnType<typeof createHandlerContext>,
  steps: ReadonlySet<Promise<unknown>>,
): Promise<Ending> {
  let ending: Ending;
  try {
    ending = { kind: 'returned', result: await handler.run(context as never) };
  } catch (error) {
    ending = { kind: 'threw', error };
  }
  await Promise.allSettled(steps);
  return ending;
}

async function judge(
  ended: Ending,
  event: Event,
  { route }: RoutedPlan,
  view: EventView,
  ledger: StepLedger,
  emissions: Emissions,
): Promise<Attempt> {
  const { verdict } = ledger;
  const effects = ledger.unrecorded;
  if (verdict?.reason === 'not-owned') return toFailed({ ...verdict.error, retryable: true }, effects);
  if (verdict?.reason === 'needs-input')
    return toFailed({ ...verdict.error, retryable: false }, effects, 'needs-input');
  if (verdict !== undefined) return { kind: 'impossible', reason: verdict.reason, error: verdict.error, effects };
  if (ended.kind === 'overdue') {
    const message = `the handler did not end within ${route.timeoutMs} ms`;
    return toFailed({ code: 'HANDLER_TIMEOUT', message, retryable: true }, effects);
  }
  if (ended.kind === 'threw') return judgeThrown(ended.error, effects);
  if (emissions.isBeyondHops) return toHopLimit(effects);
  const result = ended.result === undefined ? null : ended.result;
  const followUp = await attemptTo(() => route.renderFollowUp(event, view, result));
  if ('error' in followUp) return { ...toExpressionAttempt(followUp.error), effects };
  if (followUp.value === 'hop-limit') return toHopLimit(effects);
  const followUps = followUp.value === undefined ? emissions.events : [...emissions.events, followUp.value];
  return { kind: 'done', result, followUps, effects: ledger.effects };
}

function judgeThrown(thrown: unknown, effects: readonly Effect[]): Attempt {
  const message = messageOf(thrown);
  if (thrown instanceof GiveUp)
    return { kind: 'impossible', reason: 'given-up', error: { code: codeOf(thrown), message }, effects };
  if (!(thrown instanceof ToolCallFailed))
    return toFailed({ code: 'HANDLER_FAILED', message, retryable: true }, effects);
  const { code, retryable, outcome, retryAfterMs } = thrown;
  const later = retryAfterMs === undefined ? {} : { retryAfterMs };
  const error = { code, message, retryable, ...later };
  return toFailed(error, effects, outcome === 'not-sent' ? 'not-sent' : undefined);
}

/** An agent says at which of its limits it ended. */
function codeOf(thrown: GiveUp): string {
  return thrown instanceof AgentEnded ? thrown.code : 'HANDLER_GAVE_UP';
}

function toFailed(
  error: Omit<AttemptError, 'class'>,
  effects: readonly Effect[],
  errorClass: AttemptError['class'] = 'failed-by-handler',
): Attempt {
  return { kind: 'failed', error: { ...error, class: errorClass }, effects };
}

const MAX_RECORD_PAUSE_MS = 1_000;

/**
 * While Redis is away an answer waits with its record, since forgetting it would break the promise. A start does not wait:
 * one that could not be recorded is not sent, and the attempt after this one knows what became of its record.
 */
async function recordUntilAnswered(effect: Effect, { recordEffect }: Delivering, end: AttemptEnd): Promise<boolean> {
  for (let pauseMs = 50; ; pauseMs = Math.min(2 * pauseMs, MAX_RECORD_PAUSE_MS)) {
    try {
      return await recordEffect(effect);
    } catch (error) {
      if (end.isOver || effect.state === 'sent' || !isWorthRepeating(error)) throw error;
    }
    await sleep(pauseMs, end.signal);
  }
}
