import { type ModelAnswer, ModelError } from '@millrace/agent';
import type {
  CallOutcome,
  ResourceOutcome,
  ResourceRead,
  ResourceReader,
  ToolCall,
  ToolCallerWithLife,
} from '@millrace/mcp-client';
import type { Entry } from '@millrace/stream-client';
import type { TraceContext, Tracer } from '@millrace/tracing';
import type { Disposal } from './outcome.js';
import type { DeliveryPlan } from './plan.js';

/** Shows attempts at deliveries to whoever wants to see them in a trace. */
export interface AttemptTracer {
  attempt(entry: Entry, plan: DeliveryPlan, work: () => Promise<void>): Promise<void>;
  /** What came of the attempt under way. Its follow-ups name it as what they come from. */
  conclude(disposal: Disposal): Disposal;
  settle(work: () => Promise<void>): Promise<void>;
  /** A question to a model, by the name that routes have for it. */
  readonly chat: (model: string, ask: () => Promise<ModelAnswer>) => Promise<ModelAnswer>;
}

/** Nobody wants to see them. */
export const UNTRACED: AttemptTracer = {
  attempt: (_entry, _plan, work) => work(),
  conclude: (disposal) => disposal,
  settle: (work) => work(),
  chat: (_model, ask) => ask(),
};

/**
 * Each attempt is a span of its own, part of the trace of its event, whichever consumer makes it; what it calls, settles and
 * emits is below it.
 */
export function createAttemptTracer(tracer: Tracer): AttemptTracer {
  return {
    attempt(entry, plan, work) {
      const created = contextOf(entry);
      const attributes = {
        'messaging.system': 'redis',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.message.id': entry.event.id,
        'cloudevents.event_type': entry.event.type,
        'millrace.ref': entry.ref,
        'millrace.entry_id': entry.id,
        'millrace.route': plan.routeId,
        'millrace.attempt': plan.attempt,
        'millrace.delivery_count': entry.deliveryCount,
      };
      const links = created === undefined ? [] : [created];
      const options = { kind: 'consumer', parent: created, links, attributes } as const;
      return tracer.trace(`process ${plan.routeId}`, options, work);
    },
    conclude(disposal) {
      const span = tracer.current();
      const { outcome, error } = disposal;
      span?.set({ 'millrace.outcome': outcome.state });
      if (error !== undefined) span?.fail(error.code);
      if (span === undefined || outcome.followUps === undefined) return disposal;
      const followUps = outcome.followUps.map((event) => ({
        ...event,
        attributes: { ...event.attributes, ...span.context },
      }));
      return { ...disposal, outcome: { ...outcome, followUps } };
    },
    settle: (work) => tracer.trace('settle', { kind: 'client', attributes: SETTLE }, work),
    chat(model, ask) {
      const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': model };
      return tracer.trace(`chat ${model}`, { kind: 'client', attributes }, async (span) => {
        const asked = await attemptTo(ask);
        if ('error' in asked) {
          span.fail(asked.error instanceof ModelError ? asked.error.code : 'unexpected');
          throw asked.error;
        }
        const { usage, calls, finish } = asked.value;
        span.set({
          'gen_ai.response.finish_reasons': finish,
          'gen_ai.usage.input_tokens': usage.input,
          'gen_ai.usage.output_tokens': usage.output,
          'gen_ai.usage.cache_read.input_tokens': usage.cached,
          'millrace.model_calls': calls.length,
        });
        return asked.value;
      });
    },
  };
}

/** What was thrown is handed on as it is. */
async function attemptTo<T>(work: () => Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}

const SETTLE = {
  'messaging.system': 'redis',
  'messaging.operation.name': 'settle',
  'messaging.operation.type': 'settle',
};

/** Calls and reads as before, each in a span of its own that the server is told of. */
export function traceCalls<Caller extends ToolCallerWithLife & ResourceReader>(caller: Caller, tracer: Tracer): Caller {
  const readResource = (read: ResourceRead, signal: AbortSignal): Promise<ResourceOutcome> => {
    // The uri may have been made of the event.
    const attributes = { 'mcp.method.name': 'resources/read', 'millrace.server': read.server };
    return tracer.trace('resources/read', { kind: 'client', attributes }, async (span) => {
      const outcome = await caller.readResource({ ...read, ...span.context }, signal);
      if (outcome.kind === 'failed') {
        span.fail(outcome.error.class);
        span.set({ 'millrace.code': outcome.error.code });
      }
      return outcome;
    });
  };
  const call = (toolCall: ToolCall, signal: AbortSignal): Promise<CallOutcome> => {
    const { server, tool } = toolCall;
    const attributes = {
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': tool,
      'gen_ai.operation.name': 'execute_tool',
      'millrace.server': server,
    };
    return tracer.trace(`tools/call ${tool}`, { kind: 'client', attributes }, async (span) => {
      const outcome = await caller.call({ ...toolCall, ...span.context }, signal);
      if (outcome.kind === 'failed') {
        const { code, class: known } = outcome.error;
        span.fail(code === 'TOOL_REPORTED_ERROR' ? 'tool_error' : known);
        span.set({ 'millrace.code': code });
      }
      return outcome;
    });
  };
  return { ...caller, call, readResource };
}

function contextOf({ event: { attributes } }: Entry): TraceContext | undefined {
  const { traceparent, tracestate } = attributes;
  if (typeof traceparent !== 'string') return undefined;
  return typeof tracestate === 'string' ? { traceparent, tracestate } : { traceparent };
}
