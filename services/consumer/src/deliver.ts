import type { AgentReport, Asked, ModelPrices } from '@millrace/agent';
import { describeError } from '@millrace/core';
import { type Event, withTrust } from '@millrace/events';
import type { Handler } from '@millrace/handlers';
import type { Effect } from '@millrace/ledger';
import type { CallOutcome, Progress, ResourceOutcome } from '@millrace/mcp-client';
import { type AgentAction, ExpressionError, type Route } from '@millrace/routing';
import type { RunMemory } from './agents/agent-context.js';
import { createAgentHandler, showReport } from './agents/agent-handler.js';
import type { Models } from './agents/models.js';
import type { Attempt } from './attempt.js';
import { toConditionAttempt, toExpressionAttempt } from './attempt-to.js';
import type { ConsumerTools } from './call-target.js';
import { deliverByCall, type PreparedCall } from './deliver-by-call.js';
import type { OuterEnd } from './handlers/attempt-end.js';
import { deliverByHandler } from './handlers/deliver-by-handler.js';
import type { HandlerLogger } from './handlers/handler-log.js';
import type { DeliveryPlan } from './plan.js';
import type { AttemptTracer } from './trace-attempts.js';

/** What delivering needs besides the event and the plan. */
export interface Delivering {
  readonly namespace: string;
  readonly tools: ConsumerTools;
  /** Whether the tool of a call is known to do nothing but read. */
  readonly isReadOnly: boolean;
  /** By the file that routes name. */
  readonly handlers: ReadonlyMap<string, Handler>;
  /** By the names that routes have for them; none where it is left out. */
  readonly models?: Models;
  /** What an agent remembers of earlier events; undefined where its route has no context. */
  readonly memory?: RunMemory;
  /** The call, where it was made ready before; otherwise it is made ready now. */
  readonly prepared?: Promise<PreparedCall>;
  /** Records what is known of an effect. False: the entry is lost, send nothing. Rejects when it cannot tell. */
  readonly recordEffect: (effect: Effect) => Promise<boolean>;
  /** Told how far the tool of a call says that it has come. */
  readonly noteProgress: (step: string, progress: Progress) => void;
  /** Told of every question to a model, with what that model costs. */
  readonly noteAsked?: (asked: Asked, prices: ModelPrices | undefined) => void;
  /** Shows a question to whoever looks at the trace of the delivery. */
  readonly traceChat?: AttemptTracer['chat'];
  /** Told of every resource that was read, or was not. */
  readonly noteRead?: (server: string, outcome: ResourceOutcome) => void;
  /** Told of every tool call that was made. */
  readonly noteCall: (target: Effect['target'], outcome: CallOutcome) => void;
  readonly log: () => HandlerLogger;
}

/** A delivery whose route is there. */
export type RoutedPlan = DeliveryPlan & { readonly route: Route };

/**
 * Makes one attempt at carrying an event along a route, by whatever the route does. Never throws: whatever happens to a
 * delivery is an answer. Ends within the route's timeout or with `outer`; at once where nothing
 * is waited for.
 */
export function deliver(
  event: Event,
  plan: RoutedPlan,
  delivering: Delivering,
  outer: OuterEnd,
): Attempt | Promise<Attempt> {
  if (plan.condition instanceof ExpressionError) return toConditionAttempt(plan.condition);
  if (plan.keyError !== undefined) return toExpressionAttempt(describeError(plan.keyError));
  const { action } = plan.route;
  switch (action.kind) {
    case 'call':
      return deliverByCall(event, plan, action, delivering, outer.signal);
    case 'handler':
      return deliverByHandler(event, plan, handlerOf(plan.route, action.file, delivering), delivering, outer);
    case 'agent':
      return deliverByAgent(event, plan, action, delivering, outer);
  }
}

/**
 * What follows from it is trusted no further than what it was told, earlier events that it remembers included; by nobody, if
 * that came from outside, unless the route makes nothing of it. What it has
 * spent is to be seen when it has come to nothing, too.
 */
async function deliverByAgent(
  event: Event,
  plan: RoutedPlan,
  action: AgentAction,
  delivering: Delivering,
  outer: OuterEnd,
): Promise<Attempt> {
  const { memory } = delivering;
  let report: AgentReport | undefined;
  const handler = createAgentHandler(event, plan.route, action, delivering, (known) => {
    report = known;
  });
  const attempt = await deliverByHandler(event, plan, handler, delivering, outer);
  if (attempt.kind !== 'done') return report === undefined ? attempt : { ...attempt, shown: showReport(report) };
  const hasHeardOutside =
    action.afterOutside !== 'never' && (memory?.origin.isFromOutside === true || (report && isFromOutside(report)));
  const followUps = attempt.followUps.map((event) => {
    const lowered = memory?.lowerTrust(event) ?? event;
    return hasHeardOutside ? withTrust(lowered, 'anonymous') : lowered;
  });
  return { ...attempt, followUps };
}

/** Whether a run was told what strangers may have written, besides its event. */
function isFromOutside({ steps, resources = [] }: AgentReport): boolean {
  const calls = steps.flatMap((step) => step.calls);
  return calls.some((call) => call.isFromOutside === true) || resources.some(({ verdict }) => verdict === 'read');
}

function handlerOf(route: Route, file: string, { handlers }: Delivering): Handler {
  const handler = handlers.get(file);
  if (handler === undefined) throw new Error(`route ${route.id} has passed the checks without ${file}`);
  return handler;
}
