import { createHash } from 'node:crypto';
import { type ConfigProblem, type Locate, readYaml } from '@millrace/config-files';
import { createFollowUp, type EventData } from '@millrace/events';
import { ExpressionError, RouteError } from './errors.js';
import { compileExpression, type Expression, messageOf } from './expression.js';
import { compileFilter } from './filter.js';
import type { Action, Route } from './route.js';
import { type RouteSource, routesFileSchema } from './route-schema.js';

/**
 * Checks a routes file as a whole and compiles it. `servers` are the names that routes may call. Routes keep their order.
 * `version` is what their deliveries will name; left out, it is a digest of the text. Throws `RouteError` with every problem at once: what is wrong, in which line.
 */
export function parseRoutes(
  text: string,
  file: string,
  servers: ReadonlySet<string>,
  version = createHash('sha256').update(text).digest('hex').slice(0, 12),
): readonly Route[] {
  const read = readYaml(text, file, routesFileSchema);
  if ('problems' in read) throw new RouteError(read.problems);
  const problems: ConfigProblem[] = findReferenceProblems(read.value.routes, servers, read.locate);
  const routes = read.value.routes.map((source, index) => compileRoute(source, version, index, read.locate, problems));
  if (problems.length > 0) throw new RouteError(problems);
  return routes;
}

function findReferenceProblems(sources: readonly RouteSource[], servers: ReadonlySet<string>, locate: Locate) {
  const problems: ConfigProblem[] = [];
  const seen = new Set<string>();
  for (const [index, source] of sources.entries()) {
    const { id, call, retry } = source;
    if (seen.has(id)) problems.push(locate(['routes', index, 'id'], `${id} is used by a route above; ids are unique`));
    seen.add(id);
    const action = findActionProblem(source);
    if (action !== undefined) problems.push(locate(['routes', index, ...action.path], action.detail));
    if (call !== undefined && !servers.has(call.server)) {
      const known = [...servers].join(', ') || 'none';
      problems.push(
        locate(['routes', index, 'call', 'server'], `no server is called ${call.server}; configured: ${known}`),
      );
    }
    if (retry.max < retry.initial) problems.push(locate(['routes', index, 'retry', 'max'], 'is shorter than initial'));
  }
  return problems;
}

/** A route does exactly one thing, and `with` is for a call. */
function findActionProblem({ call, handler, with: given }: RouteSource) {
  if (call !== undefined && handler !== undefined)
    return { path: ['handler'], detail: 'a route has `call` or `handler`, not both: make it two routes' };
  if (call === undefined && handler === undefined)
    return { path: [], detail: 'does nothing: say what with `call: { server, tool }` or `handler: <path>`' };
  if (call !== undefined && given === undefined)
    return { path: ['call'], detail: "has no arguments: add `with: '{ … }'`, or `with: '{}'` for a tool without any" };
  if (handler !== undefined && given !== undefined)
    return { path: ['with'], detail: 'is for `call`; a handler reads the event itself' };
  return undefined;
}

function compileRoute(
  source: RouteSource,
  version: string,
  index: number,
  locate: Locate,
  problems: ConfigProblem[],
): Route {
  const compile = (path: readonly PropertyKey[], text: string): Expression => {
    try {
      return compileExpression(text);
    } catch (error) {
      problems.push(locate(['routes', index, ...path], `is not JSONata: ${messageOf(error)}`));
      return async () => undefined;
    }
  };
  const { id, delivery, idempotency = { kind: 'none' }, timeout, retry, emit } = source;
  const action = compileAction(source, compile);
  const renderData = emit === undefined ? undefined : compile(['emit', 'data'], emit.data);
  return {
    id,
    version,
    action,
    delivery,
    idempotency,
    timeoutMs: timeout,
    retry: { attempts: retry.attempts, initialMs: retry.initial, maxMs: retry.max },
    accepts: compileFilter(source.on),
    renderFollowUp: async (event, view, result) => {
      if (emit === undefined || renderData === undefined) return undefined;
      const data = toJsonData(await renderData({ ...view, result }));
      const subject = emit.subject ?? subjectOf(view);
      const content = { type: emit.type, data, ...(subject === undefined ? {} : { subject }) };
      return createFollowUp(event, id, content) ?? 'hop-limit';
    },
  };
}

/** What cannot be told from a source that has problems is filled in: nobody ever gets to see it. */
function compileAction(
  { call, handler, with: given }: RouteSource,
  compile: (path: readonly PropertyKey[], text: string) => Expression,
): Action {
  if (handler !== undefined) return { kind: 'handler', file: handler };
  const render = compile(['with'], given ?? '{}');
  return {
    kind: 'call',
    target: call ?? { server: '', tool: '' },
    renderArguments: async (view) => requireObject(await render(view)),
  };
}

function requireObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ExpressionError(
      'EXPRESSION_FAILED',
      `\`with\` must give an object of arguments, it gave ${describe(value)}`,
    );
  }
  // A copy without what JSONata adds to its own objects and arrays.
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}

function toJsonData(value: unknown): EventData {
  const text = JSON.stringify(value);
  if (text === undefined)
    throw new ExpressionError('EXPRESSION_FAILED', `\`emit.data\` must give a JSON value, it gave ${describe(value)}`);
  return { kind: 'json', bytes: Buffer.from(text) };
}

function subjectOf(view: Readonly<Record<string, unknown>>): string | undefined {
  return typeof view.subject === 'string' ? view.subject : undefined;
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  return Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
}
