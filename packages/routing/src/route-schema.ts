import { z } from 'zod';
import { agentSchema } from './agent-schema.js';
import { DAY_MS, duration } from './duration.js';
import { filterSchema } from './filter.js';

/** A handler's path stays inside the configuration folder: no part of it is hidden, `.` or `..`. */
const handlerPath = z
  .string()
  .regex(
    /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*\/)*[A-Za-z0-9_][A-Za-z0-9_.-]*\.(?:ts|mts|js|mjs)$/,
    'must be the path of a .ts, .mts, .js or .mjs file inside the configuration folder, such as handlers/audit.ts',
  );

/** `p95`, or a time. */
const hedge = z.union(
  [
    z
      .string()
      .regex(/^p(?:50|75|90|95|99)$/)
      .transform((word) => ({ percentile: Number(word.slice(1)) / 100 })),
    duration(1, 600_000).transform((afterMs) => ({ afterMs })),
  ],
  { error: 'must be p50, p75, p90, p95, p99, or a duration such as 200ms' },
);

/** One server, or several that do the same: one of both, checked here so that the rest sees one shape. */
const callSchema = z
  .strictObject({
    server: z.string().min(1).optional(),
    anyOf: z.array(z.string().min(1)).min(2).max(8).optional(),
    tool: z.string().min(1),
    hedge: hedge.optional(),
  })
  .transform(({ server, anyOf, tool, hedge: given }, context) => {
    const problem = findCallProblem(server, anyOf, given !== undefined);
    if (problem !== undefined) {
      context.addIssue({ code: 'custom', message: problem });
      return z.NEVER;
    }
    const [first = '', ...equivalents] = anyOf ?? [server ?? ''];
    return {
      server: first,
      tool,
      ...(equivalents.length === 0 ? {} : { equivalents }),
      ...(given === undefined ? {} : { hedge: given }),
    };
  });

function findCallProblem(server: string | undefined, anyOf: readonly string[] | undefined, isHedged: boolean) {
  if ((server === undefined) === (anyOf === undefined)) return 'needs either `server` or `anyOf`';
  if (anyOf !== undefined && new Set(anyOf).size < anyOf.length) return '`anyOf` names a server twice';
  return isHedged && anyOf === undefined
    ? '`hedge` is for `anyOf`: with one server there is nobody else to ask'
    : undefined;
}

const orderKey = z.string().min(1).max(4_096);

const orderSchema = z.strictObject({
  by: orderKey,
  onFailure: z.enum(['block', 'skip', 'stop'], { error: 'must be block, skip or stop' }).default('block'),
});

const routeSchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, ".", "_" or "-"'),
  on: filterSchema,
  when: z.string().min(1).max(4_096).optional(),
  // What is done about the event: exactly one of them, checked with the references between keys.
  call: callSchema.optional(),
  handler: handlerPath.optional(),
  agent: agentSchema.optional(),
  with: z.string().min(1).max(16_384).optional(),
  delivery: z
    .enum(['at-most-once', 'at-least-once', 'effectively-once'], {
      error: 'must be at-most-once, at-least-once or effectively-once',
    })
    .default('at-least-once'),
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
  ordered: z
    .union([orderKey.transform((by) => ({ by, onFailure: 'block' as const })), orderSchema], {
      error: 'must be partitionkey, subject, JSONata that gives a key, or { by: <one of these>, onFailure: <word> }',
    })
    .optional(),
  timeout: duration(10, DAY_MS).prefault('30s'),
  retry: z
    .strictObject({
      attempts: z.int().min(1).max(100).default(5),
      backoff: z.literal('exponential').default('exponential'),
      initial: duration(1, 3_600_000).prefault('500ms'),
      max: duration(1, DAY_MS).prefault('30s'),
      jitter: z.literal('full').default('full'),
    })
    .prefault({}),
  emit: z
    .strictObject({
      type: z.string().min(1),
      subject: z.string().min(1).optional(),
      partitionkey: z.string().min(1).max(4_096).optional(),
      data: z.string().min(1).max(16_384),
    })
    .optional(),
});

/** The routes file, key by key. What must hold between keys is checked after it. */
export const routesFileSchema = z.strictObject({ routes: z.array(routeSchema).max(10_000) });

/** Every key that may stand in the file, for suggestions. */
export const ROUTE_WORDS: ReadonlySet<string> = wordsOf(routeSchema);

/** A route as the file has it, with its defaults. */
export type RouteSource = z.output<typeof routeSchema>;

function wordsOf(schema: z.ZodType): ReadonlySet<string> {
  const words = new Set<string>();
  JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), (name, value: unknown) => {
    if (name === 'properties' && typeof value === 'object' && value !== null)
      for (const key of Object.keys(value)) words.add(key);
    return value;
  });
  return words;
}
