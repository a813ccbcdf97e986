import { z } from 'zod';
import { MockError } from './errors.js';

/**
 * What can go wrong on request, seen from the caller:
 * - `delay`: the tool runs `delayMs` late, even if the caller has left by then.
 * - `error`: the tool answers `isError` and does nothing.
 * - `http-error`: HTTP `status` (default 500) instead of reaching the tool.
 * - `unavailable`: HTTP 503 with `Retry-After` (`retryAfterSeconds`, default 1).
 * - `lose-session`: the session is forgotten and the call answered 404, as after a restart. A call without a session
 *   gets the same 404.
 * - `cut-before-effect`, `cut-after-effect`: the connection is reset before the tool, or after it.
 * - `hang`: no answer, until the caller leaves, this process stops, or `delayMs` (default ten minutes) have passed.
 * - `garbage`: the tool runs, and the answer is not JSON.
 * - `wrong-id`: the tool runs, and the answer is one to a request that nobody made.
 * - `slow-drip`: the tool runs, and the answer trickles in over `delayMs` (default 1,000).
 */
export const FAULT_KINDS = [
  'delay',
  'error',
  'http-error',
  'unavailable',
  'lose-session',
  'cut-before-effect',
  'cut-after-effect',
  'hang',
  'garbage',
  'wrong-id',
  'slow-drip',
] as const;

const Rule = z
  .strictObject({
    kind: z.enum(FAULT_KINDS),
    tool: z.string().min(1).max(128).optional(),
    eventIdPrefix: z.string().min(1).max(256).optional(),
    times: z.int().min(1).max(1_000_000).optional(),
    everyNth: z.int().min(1).max(1_000_000).optional(),
    delayMs: z.int().min(0).max(600_000).optional(),
    status: z.int().min(400).max(599).optional(),
    retryAfterSeconds: z.int().min(0).max(3_600).optional(),
  })
  .refine((rule) => rule.kind !== 'delay' || rule.delayMs !== undefined, {
    path: ['delayMs'],
    message: 'a delay needs delayMs',
  });
const Rules = z.array(Rule).max(100);

/**
 * A fault and the calls it strikes: those of `tool` (default all) whose event id starts with `eventIdPrefix` (default
 * any), each `everyNth` of them (default every one), and of those the first `times` (default all, until the rules are replaced).
 */
export type FaultRule = z.output<typeof Rule>;

/** The rules now in force. The first one that fits a call strikes it; one call is struck by one rule at most. */
export class Faults {
  #rules: { readonly rule: FaultRule; fitted: number; taken: number }[] = [];

  /** Replaces all rules by what was sent. Throws `MockError` FAULTS_INVALID, with pointers, changing nothing. */
  replace(sent: unknown, toolNames: ReadonlySet<string>): void {
    const parsed = Rules.safeParse(sent);
    const problems = parsed.success
      ? unknownTools(parsed.data, toolNames)
      : parsed.error.issues.map(({ path, message }) => ({ pointer: pointerTo(path), detail: message }));
    if (!parsed.success || problems.length > 0)
      throw new MockError('FAULTS_INVALID', `${problems.length} problem(s) in the fault rules`, problems);
    this.#rules = parsed.data.map((rule) => ({ rule, fitted: 0, taken: 0 }));
  }

  /** The rules with how often each has struck. */
  list(): readonly (FaultRule & { readonly taken: number })[] {
    return this.#rules.map(({ rule, taken }) => ({ ...rule, taken }));
  }

  /** The fault that strikes this call, counted as taken. */
  take(tool: string, eventId: string): FaultRule | undefined {
    const found = this.#rules.find((one) => {
      const { tool: ofTool, eventIdPrefix, everyNth = 1, times = Number.POSITIVE_INFINITY } = one.rule;
      if (ofTool !== undefined && ofTool !== tool) return false;
      if (eventIdPrefix !== undefined && !eventId.startsWith(eventIdPrefix)) return false;
      one.fitted += 1;
      return one.fitted % everyNth === 0 && one.taken < times;
    });
    if (found === undefined) return undefined;
    found.taken += 1;
    return found.rule;
  }
}

function unknownTools(rules: readonly FaultRule[], toolNames: ReadonlySet<string>) {
  return rules.flatMap(({ tool }, at) =>
    tool === undefined || toolNames.has(tool)
      ? []
      : [{ pointer: `/${at}/tool`, detail: `this cloud has no tool ${tool}` }],
  );
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
