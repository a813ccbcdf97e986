import { describeError, sleep } from '@millrace/core';
import type { Event } from '@millrace/events';
import { GiveUp, type Handler, ToolCallFailed } from '@millrace/handlers';
import { type Effect, StepLedger } from '@millrace/ledger';
import { type Route, viewOf } from '@millrace/routing';
import { type Asked, isWorthRepeating } from '@millrace/stream-client';
import { AgentEnded } from '../agents/agent-ended.js';
import type { Attempt, AttemptError } from '../attempt.js';
import { attemptTo, toExpressionAttempt, toHopLimit } from '../attempt-to.js';
import type { Delivering, RoutedPlan } from '../deliver.js';
import { isRetry } from '../plan.js';
import { AttemptEnd, type OuterEnd } from './attempt-end.js';
import { Emissions } from './emissions.js';
import { createHandlerContext, messageOf, type RunContext } from './handler-context.js';

/** How the function of a handler ended. */
type Ending =
  | { readonly kind: 'returned'; readonly result: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  /** It has not ended: its time is over, or nobody wants it any more. What it does from now on has no effect. */
  | { readonly kind: 'overdue' };

/**
 * Makes one attempt by running a handler from its beginning; steps that earlier attempts have done are served. Never throws,
 * and ends within the route's timeout, whether the handler does or not. Only a handler that blocks the event loop holds it
 * up; the watchdog is for those. One that waits for nothing costs no promise: what became of it is told at once.
 */
export function deliverByHandler(
  event: Event,
  plan: RoutedPlan,
  handler: Handler,
  delivering: Delivering,
  outer: OuterEnd,
): Attempt | Promise<Attempt> {
  const run = new HandlerRun(event, plan, delivering, outer);
  if (run.end.isOver) return run.judge({ kind: 'overdue' });
  const ending = begin(handler, run.context);
  const isOver = ending.kind !== 'returned' || !isThenable(ending.result);
  return isOver && !run.hasSteps ? run.judge(ending) : run.waitFor(ending);
}

/** What a handler gave or threw at once; what it gave may be a promise. */
function begin(handler: Handler, context: RunContext): Ending {
  try {
    return { kind: 'returned', result: handler.run(context as never) };
  } catch (error) {
    return { kind: 'threw', error };
  }
}

/** One run of a handler, and all that belongs to it. */
class HandlerRun {
  readonly end: AttemptEnd;
  readonly context: RunContext;
  readonly #event: Event;
  readonly #plan: RoutedPlan;
  readonly #ledger: StepLedger;
  readonly #emissions: Emissions;
  #steps: Promise<unknown>[] | undefined;
  #asks: Asked | undefined;
  #unreadable: { readonly error: unknown } | undefined;

  constructor(event: Event, plan: RoutedPlan, delivering: Delivering, outer: OuterEnd) {
    const { route, attempt } = plan;
    const end = new AttemptEnd(outer, route.timeoutMs);
    this.#event = event;
    this.#plan = plan;
    this.end = end;
    this.#ledger = new StepLedger(
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
    this.#emissions = new Emissions(event, route.id);
    this.context = createHandlerContext({
      event,
      route,
      attempt,
      isRetry: isRetry(plan),
      ledger: this.#ledger,
      emissions: this.#emissions,
      delivering,
      end,
      input: plan.input,
      noteAsked: (asked) => {
        this.#asks ??= asked;
      },
      noteUnreadable: (error) => {
        this.#unreadable ??= { error };
      },
      noteStep: (step) => {
        this.#steps ??= [];
        this.#steps.push(step);
      },
    });
  }

  get hasSteps(): boolean {
    return this.#steps !== undefined;
  }

  /**
   * Waits for what the handler has returned, or for the attempt's end. A handler that forgot to wait for its steps is waited
   * for all the same: they are part of the delivery.
   */
  async waitFor(begun: Ending): Promise<Attempt> {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.end.watch(() => resolve({ kind: 'overdue' }));
    void this.#toItsEnd(begun).then(resolve);
    return this.judge(await promise);
  }

  async #toItsEnd(begun: Ending): Promise<Ending> {
    const ending = begun.kind === 'returned' ? await awaited(begun.result) : begun;
    await Promise.allSettled(this.#steps ?? []);
    return ending;
  }

  /** Ends the run, and says what came of it. */
  judge(ended: Ending): Attempt | Promise<Attempt> {
    this.end.end();
    this.#ledger.close();
    if (this.#unreadable !== undefined && this.#ledger.verdict === undefined)
      return { ...toExpressionAttempt(describeError(this.#unreadable.error)), effects: this.#ledger.unrecorded };
    const attempt = judgeEnding(ended, this.#plan.route, this.#ledger, this.#emissions);
    if (attempt.kind === 'done') return this.#plan.route.emits ? this.#addFollowUp(attempt) : attempt;
    return this.#asks !== undefined && attempt.kind === 'failed' ? { ...attempt, asks: this.#asks } : attempt;
  }

  async #addFollowUp(attempt: Attempt & { readonly kind: 'done' }): Promise<Attempt> {
    const { route } = this.#plan;
    const { result, followUps } = attempt;
    const followUp = await attemptTo(async () => route.renderFollowUp(this.#event, viewOf(this.#event), result));
    if ('error' in followUp) return { ...toExpressionAttempt(followUp.error), effects: this.#ledger.unrecorded };
    if (followUp.value === 'hop-limit') return toHopLimit(this.#ledger.unrecorded);
    return followUp.value === undefined ? attempt : { ...attempt, followUps: [...followUps, followUp.value] };
  }
}

function isThenable(value: unknown): boolean {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  return typeof Reflect.get(value, 'then') === 'function';
}

async function awaited(returned: unknown): Promise<Ending> {
  try {
    return { kind: 'returned', result: await returned };
  } catch (error) {
    return { kind: 'threw', error };
  }
}

function judgeEnding(ended: Ending, route: Route, ledger: StepLedger, emissions: Emissions): Attempt {
  const { verdict } = ledger;
  if (verdict?.reason === 'not-owned') return toFailed({ ...verdict.error, retryable: true }, ledger.unrecorded);
  if (verdict?.reason === 'needs-input')
    return toFailed({ ...verdict.error, retryable: false }, ledger.unrecorded, 'needs-input');
  if (verdict !== undefined)
    return { kind: 'impossible', reason: verdict.reason, error: verdict.error, effects: ledger.unrecorded };
  if (ended.kind === 'overdue') {
    const message = `the handler did not end within ${route.timeoutMs} ms`;
    return toFailed({ code: 'HANDLER_TIMEOUT', message, retryable: true }, ledger.unrecorded);
  }
  if (ended.kind === 'threw') return judgeThrown(ended.error, ledger.unrecorded);
  if (emissions.isBeyondHops) return toHopLimit(ledger.unrecorded);
  const result = ended.result === undefined ? null : ended.result;
  return { kind: 'done', result, followUps: emissions.events, effects: ledger.effects };
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
