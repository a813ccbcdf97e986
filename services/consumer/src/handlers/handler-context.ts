import type { PersonAnswer } from '@millrace/agent';
import type { Event } from '@millrace/events';
import {
  DeliveryEnded,
  GiveUp,
  type HandlerContext,
  type HandlerEvent,
  type HandlerToolCall,
  type StepContext,
  type StepIdempotency,
  type StepOptions,
  ToolCallFailed,
} from '@millrace/handlers';
import { OWN_WORK, type Performed, type StepLedger, type StepRequest } from '@millrace/ledger';
import type { CallOutcome, Progress, ToolCallError } from '@millrace/mcp-client';
import { type Route, viewOf } from '@millrace/routing';
import type { Asked } from '@millrace/stream-client';
import { askedBy, inputFor, stateAfter, usableResult } from '../call-outcome.js';
import type { Delivering } from '../deliver.js';
import type { AnsweredInput } from '../plan.js';
import { findAnswer, type PersonQuestion, waitedFor } from './ask-person.js';
import type { AttemptEnd } from './attempt-end.js';
import type { Emissions } from './emissions.js';
import { createHandlerLog } from './handler-log.js';

/** What the context of one attempt is made of. */
export interface ContextParts {
  readonly event: Event;
  readonly route: Route;
  readonly attempt: number;
  readonly isRetry: boolean;
  readonly ledger: StepLedger;
  readonly emissions: Emissions;
  readonly delivering: Pick<Delivering, 'tools' | 'noteCall' | 'noteProgress' | 'log'>;
  readonly end: AttemptEnd;
  /** An answer that was given to a call of an earlier attempt. */
  readonly input: AnsweredInput | undefined;
  /** Told of a call that asks for something before it goes on. */
  readonly noteAsked: (asked: Asked) => void;
  /** Told why the event's data cannot be read. */
  readonly noteUnreadable: (error: unknown) => void;
  /** Told of every step that begins, so that the attempt does not end before its steps. */
  readonly noteStep: (step: Promise<unknown>) => void;
}

const STEP_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Characters of a path of nested steps. */
const MAX_PATH_LENGTH = 200;

/** A context with what an agent needs besides. */
export interface RunContext extends HandlerContext {
  /**
   * Asks a person about a call, as the step `name`. Resolves with the answer, which is kept; while there is none, rejects
   * with `DeliveryEnded`, and the delivery waits for it.
   */
  readonly askPerson: (name: string, question: PersonQuestion) => Promise<PersonAnswer>;
  /** For how long the call of a step has waited for what its tool had asked a person, in ms. */
  readonly waitedMs: (path: string) => number;
}

/** The context that a handler is run with. Its members are made when they are asked for: most handlers use few. */
export function createHandlerContext(parts: ContextParts): RunContext {
  return new AttemptContext('', parts);
}

/** What an attempt and the work of its steps have in common. */
class WorkContext implements Omit<HandlerContext, 'emit'> {
  #event: HandlerEvent | undefined;

  constructor(
    protected readonly prefix: string,
    protected readonly parts: ContextParts,
  ) {}

  get event(): HandlerEvent {
    this.#event ??= readEvent(this.parts);
    return this.#event;
  }

  get delivery(): HandlerContext['delivery'] {
    const { route, attempt } = this.parts;
    return { route: route.id, attempt, version: route.version };
  }

  get signal(): AbortSignal {
    return this.parts.end.signal;
  }

  get log(): HandlerContext['log'] {
    return createHandlerLog(this.parts.delivering.log);
  }

  get tools(): HandlerContext['tools'] {
    const { prefix, parts } = this;
    return { call: (name, call) => track(parts, callTool(pathOf(prefix, name), call, parts)) };
  }

  get step(): HandlerContext['step'] {
    const { prefix, parts } = this;
    return (name, work, options) => track(parts, doStep(pathOf(prefix, name), work, options, parts));
  }
}

class AttemptContext extends WorkContext implements RunContext {
  get emit(): HandlerContext['emit'] {
    const { emissions, end } = this.parts;
    return (emitted) => {
      if (end.isOver) throw new DeliveryEnded('the delivery is over, it emits no more');
      emissions.add(emitted);
    };
  }

  get askPerson(): RunContext['askPerson'] {
    const { parts } = this;
    return (name, question) => {
      const step = pathOf('', name);
      const facts = { tool: question.tool, arguments: question.arguments };
      return track(
        parts,
        doStep(step, () => findAnswer(step, question, parts), { idempotency: 'safe' }, parts, facts),
      );
    };
  }

  get waitedMs(): RunContext['waitedMs'] {
    return (path) => waitedFor(path, this.parts.input);
  }
}

class StepWork extends WorkContext implements StepContext {
  constructor(
    prefix: string,
    parts: ContextParts,
    readonly key: string,
  ) {
    super(prefix, parts);
  }
}

/** Data that cannot be read end the attempt, whatever the handler makes of the throw. */
function readEvent({ event, noteUnreadable }: ContextParts): HandlerEvent {
  const { id, source, type, attributes } = event;
  const subject = typeof attributes.subject === 'string' ? attributes.subject : undefined;
  try {
    return { id, source, type, subject, attributes, data: viewOf(event).data };
  } catch (error) {
    noteUnreadable(error);
    throw error;
  }
}

async function callTool(step: string, call: HandlerToolCall, parts: ContextParts): Promise<unknown> {
  const { ledger, route, delivering, end } = parts;
  const idempotency = toIdempotency(call.idempotency) ?? route.idempotency;
  const target = { server: String(call.server), tool: String(call.tool), arguments: call.arguments };
  let failure: ToolCallError | undefined;
  const request = {
    step,
    ...target,
    isRepeatable: idempotency.kind !== 'none' || (await isHarmlessByHints(call, parts)),
    isStartRecorded: true,
    ...(idempotency.kind === 'argument' ? { keyArgument: idempotency.name } : {}),
  };
  const answer = await ledger.carry(request, async (effect, begin) => {
    const timeLeftMs = Math.ceil(end.endsAt - performance.now());
    const timeoutMs = Math.max(1, Math.min(call.timeoutMs ?? timeLeftMs, timeLeftMs));
    const { server, tool, arguments: args } = effect.target;
    const sending = {
      idempotencyKey: effect.key,
      timeoutMs,
      isRetry: parts.isRetry,
      beforeSend: begin,
      onProgress: (progress: Progress) => delivering.noteProgress(step, progress),
      ...inputFor(step, parts.input),
      ...traceOf(parts.event),
    };
    const outcome = await delivering.tools.call({ server, tool, arguments: args, ...sending }, end.signal);
    delivering.noteCall(effect.target, outcome);
    if (outcome.kind === 'failed') {
      failure = outcome.error;
      const asked = askedBy(failure, parts.attempt, step, effect.target);
      if (asked !== undefined) {
        parts.noteAsked(asked);
        ledger.stop({ reason: 'needs-input', error: { code: failure.code, message: failure.message } });
      }
    }
    return toPerformed(outcome);
  });
  if (answer.kind === 'done') return answer.result;
  if (answer.kind === 'failed' && failure !== undefined && ledger.verdict === undefined)
    throw toToolCallFailed(failure, answer.state);
  throw endedBy(ledger);
}

/**
 * Whether a trusted server says that the tool only reads, or that repeating it is harmless. What the handler says itself
 * stands, and is not asked about; nor is anything under a guarantee that makes no difference of it.
 */
async function isHarmlessByHints(call: HandlerToolCall, { route, delivering, end }: ContextParts): Promise<boolean> {
  const { tools } = delivering;
  if (call.idempotency !== undefined || route.delivery !== 'effectively-once' || tools.hintsOf === undefined)
    return false;
  const hints = await tools.hintsOf(String(call.server), String(call.tool), end.signal);
  return hints.isReadOnly || hints.isIdempotent;
}

function toPerformed(outcome: CallOutcome): Performed {
  const { durationMs } = outcome.facts;
  if (outcome.kind === 'ok') return { kind: 'done', result: usableResult(outcome.result), durationMs };
  const { code, message } = outcome.error;
  return { kind: 'failed', state: stateAfter(outcome.error), error: { code, message }, durationMs };
}

function toToolCallFailed(error: ToolCallError, state: 'failed' | 'not-sent' | 'unknown'): ToolCallFailed {
  const outcome = state === 'failed' ? (error.class === 'failed-by-tool' ? 'failed-by-tool' : 'refused') : state;
  return new ToolCallFailed(error.code, error.message, outcome, error.retryable, error.retryAfterMs);
}

async function doStep<T>(
  step: string,
  work: (context: StepContext<never>) => Promise<T> | T,
  options: StepOptions | undefined,
  parts: ContextParts,
  // What the step is about: a later attempt that is about something else does not get its result.
  about: Pick<StepRequest, 'tool' | 'arguments'> = { tool: step, arguments: {} },
): Promise<T> {
  const { ledger } = parts;
  const kind = toIdempotency(options?.idempotency)?.kind ?? 'none';
  // What reads, or groups other steps, has no start that anybody would need to know of.
  const request = {
    step,
    server: OWN_WORK,
    ...about,
    isRepeatable: kind !== 'none',
    isStartRecorded: kind !== 'safe',
  };
  let thrown: unknown;
  const answer = await ledger.carry(request, async (effect, begin): Promise<Performed> => {
    const startedAt = performance.now();
    const failed = (state: 'not-sent' | 'failed' | 'unknown', code: string, message: string): Performed => {
      return { kind: 'failed', state, error: { code, message }, durationMs: performance.now() - startedAt };
    };
    if (!(await begin())) return failed('not-sent', 'ENTRY_LOST', 'another consumer has the event by now');
    try {
      const context: StepContext = new StepWork(`${step}/`, parts, effect.key);
      const result = await work(context as StepContext<never>);
      return { kind: 'done', result, durationMs: performance.now() - startedAt };
    } catch (error) {
      thrown = error;
      // Work that throws may have done half of what it does, unless it says otherwise.
      const state = error instanceof GiveUp || kind === 'safe' ? 'failed' : 'unknown';
      // What groups others and was interrupted has not happened: it will be begun again.
      const isInterrupted = kind === 'safe' && error instanceof DeliveryEnded;
      return failed(isInterrupted ? 'not-sent' : state, 'STEP_FAILED', messageOf(error));
    }
  });
  if (answer.kind === 'done') return answer.result as T;
  if (answer.kind === 'failed' && thrown !== undefined) throw thrown;
  throw endedBy(ledger);
}

function pathOf(prefix: string, name: string): string {
  const path = `${prefix}${name}`;
  if (STEP_NAME.test(name) && path.length <= MAX_PATH_LENGTH) return path;
  throw new TypeError(
    `a step is named by 1 to 64 letters, digits, ".", "_" or "-", and its path by ${MAX_PATH_LENGTH}`,
  );
}

/** A step that nobody waits for must not end the process when it is rejected. */
function track<T>(parts: ContextParts, step: Promise<T>): Promise<T> {
  step.catch(ignore);
  parts.noteStep(step);
  return step;
}

function ignore(): void {}

function toIdempotency(given: StepIdempotency | undefined) {
  if (given === undefined) return undefined;
  return typeof given === 'string' ? { kind: given } : { kind: 'argument' as const, name: given.argument };
}

function traceOf({ attributes: { traceparent, tracestate } }: Event) {
  return {
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
  };
}

function endedBy({ verdict }: StepLedger): DeliveryEnded {
  return new DeliveryEnded(verdict?.error.message ?? 'the delivery is over');
}

/** What was thrown, as text of a bounded length. */
export function messageOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, 500);
}
