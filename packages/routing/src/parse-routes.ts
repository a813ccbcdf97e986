import { createHash } from 'node:crypto';
import { createFollowUp, type EventData } from '@millrace/events';
import { z } from 'zod';
import { duration } from './duration.js';
import { type ConfigProblem, ExpressionError, RouteError } from './errors.js';
import { compileExpression, type Expression, messageOf } from './expression.js';
import { compileFilter, filterSchema } from './filter.js';
import { type Locate, readYaml } from './read-yaml.js';
import type { Route } from './route.js';

const routeSchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, ".", "_" or "-"'),
  on: filterSchema,
  call: z.strictObject({ server: z.string().min(1), tool: z.string().min(1) }),
  with: z.string().min(1),
  delivery: z.enum(['at-most-once', 'at-least-once', 'effectively-once']).default('at-least-once'),
  idempotency: z
    .union(
      [
        z.enum(['key', 'safe']).transform((kind) => ({ kind })),
        z
          .strictObject({ argument: z.string().min(1) })
          .transform(({ argument }) => ({ kind: 'argument' as const, name: argument })),
      ],
      { error: 'must be key, safe, or { argument: <name> }' },
    )
    .optional(),
  timeout: duration(10, 3_600_000).prefault('30s'),
  retry: z
    .strictObject({
      attempts: z.int().min(1).max(100).default(5),
      backoff: z.literal('exponential').default('exponential'),
      initial: duration(1, 3_600_000).prefault('500ms'),
      max: duration(1, 86_400_000).prefault('30s'),
      jitter: z.literal('full').default('full'),
    })
    .prefault({}),
  emit: z
    .strictObject({ type: z.string().min(1), subject: z.string().min(1).optional(), data: z.string().min(1) })
    .optional(),
});

const fileSchema = z.strictObject({ routes: z.array(routeSchema).max(10_000) });

type RouteSource = z.output<typeof routeSchema>;

/**
 * Checks a routes file as a whole and compiles it. `servers` are the names that routes may call. Routes keep their order.
 * Throws `RouteError` with every problem at once: what is wrong, in which line.
 */
export function parseRoutes(text: string, file: string, servers: ReadonlySet<string>): readonly Route[] {
  const read = readYaml(text, file, fileSchema);
  if ('problems' in read) throw new RouteError(read.problems);
  const version = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const problems: ConfigProblem[] = findReferenceProblems(read.value.routes, servers, read.locate);
  const routes = read.value.routes.map((source, index) => compileRoute(source, version, index, read.locate, problems));
  if (problems.length > 0) throw new RouteError(problems);
  return routes;
}

function findReferenceProblems(sources: readonly RouteSource[], servers: ReadonlySet<string>, locate: Locate) {
  const problems: ConfigProblem[] = [];
  const seen = new Set<string>();
  for (const [index, { id, call, retry }] of sources.entries()) {
    if (seen.has(id)) problems.push(locate(['routes', index, 'id'], `${id} is used by a route above; ids are unique`));
    seen.add(id);
    if (!servers.has(call.server)) {
      const known = [...servers].join(', ') || 'none';
      problems.push(
        locate(['routes', index, 'call', 'server'], `no server is called ${call.server}; configured: ${known}`),
      );
    }
    if (retry.max < retry.initial) problems.push(locate(['routes', index, 'retry', 'max'], 'is shorter than initial'));
  }
  return problems;
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
  const { id, call, delivery, idempotency = { kind: 'none' }, timeout, retry, emit } = source;
  const renderArguments = compile(['with'], source.with);
  const renderData = emit === undefined ? undefined : compile(['emit', 'data'], emit.data);
  return {
    id,
    version,
    call,
    delivery,
    idempotency,
    timeoutMs: timeout,
    retry: { attempts: retry.attempts, initialMs: retry.initial, maxMs: retry.max },
    accepts: compileFilter(source.on),
    renderArguments: async (view) => requireObject(await renderArguments(view)),
    renderFollowUp: async (event, view, result) => {
      if (emit === undefined || renderData === undefined) return undefined;
      const data = toJsonData(await renderData({ ...view, result }));
      const subject = emit.subject ?? subjectOf(view);
      const content = { type: emit.type, data, ...(subject === undefined ? {} : { subject }) };
      return createFollowUp(event, id, content) ?? 'hop-limit';
    },
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
