import { compileSchema } from '@millrace/config-files';
import { createFollowUp, type EventData } from '@millrace/events';
import { compileCondition } from './condition.js';
import { messageOf } from './engine/jsonata.js';
import { ExpressionError } from './errors.js';
import type { EventView } from './event-view.js';
import { compileExpression } from './expression.js';
import { compileFilter } from './filter.js';
import { compileFixed, type RenderFixed } from './fixed-arguments.js';
import { compileOrderKey } from './order-key.js';
import { compileResource, type RenderResource } from './resource-uris.js';
import type { Action, Route } from './route.js';
import type { RouteSource } from './route-schema.js';

/** What is wrong with a route, and with which of its keys. */
export interface RouteProblem {
  readonly path: readonly PropertyKey[];
  readonly detail: string;
  readonly mend?: string;
}

/** Compiles one route, or says everything that is wrong with it. */
export function compileRoute(
  source: RouteSource,
  version: string,
): { readonly route: Route } | { readonly problems: readonly RouteProblem[] } {
  const problems: RouteProblem[] = [];
  const compile = <T>(
    path: readonly PropertyKey[],
    text: string,
    language: string,
    compileText: (text: string) => T,
  ) => {
    try {
      return compileText(text);
    } catch (error) {
      problems.push({ path, detail: `is not ${language}: ${messageOf(error)}` });
      return undefined;
    }
  };
  const { id, on, delivery, idempotency = { kind: 'none' }, timeout, retry, emit } = source;
  const when = source.when === undefined ? undefined : compile(['when'], source.when, 'CEL', compileCondition);
  const render = source.with === undefined ? undefined : compile(['with'], source.with, 'JSONata', compileExpression);
  const renderData =
    emit === undefined ? undefined : compile(['emit', 'data'], emit.data, 'JSONata', compileExpression);
  const renderKey =
    emit?.partitionkey === undefined
      ? undefined
      : compile(['emit', 'partitionkey'], emit.partitionkey, 'JSONata', compileExpression);
  const order = source.ordered && compile(['ordered'], source.ordered.by, 'a key', compileOrderKey);
  const fixed =
    source.agent?.fixed === undefined
      ? undefined
      : compile(['agent', 'fixed'], source.agent.fixed, 'an object in JSONata', compileFixed);
  const resources = (source.agent?.resources ?? []).flatMap(
    (text, at) => compile(['agent', 'resources', at], text, 'a resource', compileResource) ?? [],
  );
  const context = source.agent?.context;
  const name =
    context === undefined || context in CONTEXT_WORDS
      ? undefined
      : compile(['agent', 'context'], context, 'JSONata', compileExpression);
  const renders = {
    context:
      context === undefined
        ? undefined
        : async (view: EventView) => nameOf(context in CONTEXT_WORDS ? view[context] : await name?.(view)),
    arguments: async (view: EventView) => requireObject(await render?.(view), 'with'),
    fixed,
    resources,
  };
  const action = toAction(source, renders);
  if ('detail' in action) problems.push(action);
  if (problems.length > 0 || 'detail' in action) return { problems };
  const route: Route = {
    id,
    version,
    on,
    when,
    action,
    delivery,
    idempotency,
    order: source.ordered && order && { by: source.ordered.by, keyOf: order, onFailure: source.ordered.onFailure },
    timeoutMs: timeout,
    retry: { attempts: retry.attempts, initialMs: retry.initial, maxMs: retry.max },
    accepts: compileFilter(on),
    emits: emit !== undefined,
    renderFollowUp: async (event, view, result) => {
      if (emit === undefined || renderData === undefined) return undefined;
      const seen = { ...view, result };
      const data = toJsonData(await renderData(seen));
      const subject = emit.subject ?? subjectOf(view);
      const partitionkey = toPartitionKey(await renderKey?.(seen));
      const content = {
        type: emit.type,
        data,
        ...(subject === undefined ? {} : { subject }),
        ...(partitionkey === undefined ? {} : { partitionkey }),
      };
      return createFollowUp(event, id, content) ?? 'hop-limit';
    },
  };
  return { route };
}

type RenderArguments = (view: EventView) => Promise<Record<string, unknown>>;

/** What a route makes of an event. */
interface Renders {
  readonly arguments: RenderArguments;
  readonly fixed: RenderFixed | undefined;
  readonly resources: readonly RenderResource[];
  readonly context: ((view: EventView) => Promise<string | undefined>) | undefined;
}

/** Attributes that name a context without more ado. */
const CONTEXT_WORDS: Readonly<Record<string, true>> = { subject: true, partitionkey: true };
const MAX_CONTEXT_CHARS = 256;

/** A name is text; a number will do, and nothing is no context. */
function nameOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new ExpressionError('EXPRESSION_FAILED', `\`agent.context\` must give text, it gave ${describe(value)}`);
  const name = String(value);
  if (name.length <= MAX_CONTEXT_CHARS) return name;
  throw new ExpressionError('EXPRESSION_FAILED', `\`agent.context\` gave more than ${MAX_CONTEXT_CHARS} characters`);
}

/** A route does exactly one thing, and `with` is for a call. */
function toAction({ call, handler, agent, with: given }: RouteSource, renders: Renders): Action | RouteProblem {
  if (agent !== undefined) {
    if (call !== undefined || handler !== undefined)
      return { path: ['agent'], detail: 'stands beside `call` or `handler`', mend: 'make it two routes' };
    if (given !== undefined)
      return {
        path: ['with'],
        detail: 'is for `call`; an agent is shown the event',
        mend: 'leave it out, or put what it must not choose into `agent.fixed`',
      };
    const { result, fixed: _fixed, context, memory, ...rest } = agent;
    const action = {
      kind: 'agent',
      ...rest,
      memory: { maxBytes: memory.bytes, keepMs: memory.keep, isTrusted: memory.trusted, summary: memory.summary },
      renderFixed: renders.fixed,
      contextBy: context,
      resources: renders.resources,
      renderContext: renders.context,
    } as const;
    return findResultProblem(result) ?? { ...action, ...(result === undefined ? {} : { result }) };
  }
  if (handler !== undefined) {
    if (call !== undefined)
      return { path: ['handler'], detail: 'a route has `call` or `handler`, not both', mend: 'make it two routes' };
    if (given !== undefined)
      return { path: ['with'], detail: 'is for `call`; a handler reads the event itself', mend: 'leave it out' };
    return { kind: 'handler', file: handler };
  }
  if (call === undefined)
    return {
      path: [],
      detail: 'does nothing',
      mend: 'add `call: { server, tool }`, `handler: <path>` or `agent: { … }`',
    };
  if (given === undefined)
    return { path: ['call'], detail: 'has no arguments', mend: "add `with: '{ … }'`, or `with: '{}'` for none" };
  return { kind: 'call', target: call, renderArguments: renders.arguments };
}

function findResultProblem(result: Readonly<Record<string, unknown>> | undefined): RouteProblem | undefined {
  if (result === undefined) return undefined;
  const path = ['agent', 'result'];
  if (result.type !== 'object')
    return { path, detail: 'must be a JSON Schema of an object', mend: 'add `type: object`' };
  const compiled = compileSchema(result, 'own');
  return 'problem' in compiled ? { path, detail: `is not JSON Schema: ${compiled.problem}` } : undefined;
}

function requireObject(value: unknown, key: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ExpressionError(
      'EXPRESSION_FAILED',
      `\`${key}\` must give an object of arguments, it gave ${describe(value)}`,
    );
  }
  return value as Record<string, unknown>;
}

function toJsonData(value: unknown): EventData {
  const text = JSON.stringify(value);
  if (text === undefined)
    throw new ExpressionError('EXPRESSION_FAILED', `\`emit.data\` must give a JSON value, it gave ${describe(value)}`);
  return { kind: 'json', bytes: Buffer.from(text) };
}

/** As CloudEvents has it: text, and not too long. Nothing is no key of its own. */
const MAX_PARTITION_KEY_CHARS = 256;

function toPartitionKey(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new ExpressionError('EXPRESSION_FAILED', `\`emit.partitionkey\` must give text, it gave ${describe(value)}`);
  const key = String(value);
  if (key.length <= MAX_PARTITION_KEY_CHARS) return key;
  throw new ExpressionError(
    'EXPRESSION_FAILED',
    `\`emit.partitionkey\` gave more than ${MAX_PARTITION_KEY_CHARS} characters`,
  );
}

function subjectOf(view: Readonly<Record<string, unknown>>): string | undefined {
  return typeof view.subject === 'string' ? view.subject : undefined;
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  return Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
}
