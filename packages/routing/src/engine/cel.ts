import { type ASTNode, Environment, ParseError, type ParseResult } from '@marcbachmann/cel-js';
import { nearestWord } from '../nearest-word.ts';
import { compileRe2 } from './linear-regex.ts';

/** A compiled condition: a function of `{ event }` that gives its value, or throws. */
export interface Cel {
  evaluate(context: { readonly event: unknown }): unknown;
  /** Whether its time is in proportion to its own length and the event's: no loops, and no names for what it has built. */
  readonly isPlain: boolean;
}

/** Attributes that conditions may name directly; any other one is at `event.attributes.<name>`. */
const ATTRIBUTES = ['id', 'source', 'type', 'specversion', 'subject', 'time', 'datacontenttype', 'dataschema'];
const KNOWN_EXTENSIONS = ['partitionkey', 'correlationid', 'causationid', 'traceparent', 'expirytime', 'deliverat'];
const FIELDS = [...ATTRIBUTES, ...KNOWN_EXTENSIONS, 'attributes', 'data'];

/** What repeats, or gives a name to what it has built: with these an expression can cost more than its length. */
const LOOPS = new Set(['all', 'exists', 'exists_one', 'map', 'filter', 'bind']);
/** `matches` on the linear engine goes by this name inside, since the library does not let its own be replaced. */
const LINEAR_MATCHES = 'matchesInLinearTime';
const patterns = new Map<string, ReturnType<typeof compileRe2>>();
/** More patterns than this are of expressions that a reload has replaced. */
const MAX_PATTERNS = 10_000;

const environment = new Environment({
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: { maxAstNodes: 1_000, maxDepth: 50 },
})
  .registerVariable('event', {
    schema: {
      ...Object.fromEntries([...ATTRIBUTES, ...KNOWN_EXTENSIONS].map((name) => [name, 'string'])),
      attributes: 'map<string, dyn>',
      data: 'dyn',
    },
  })
  .registerFunction(`string.${LINEAR_MATCHES}(string): bool`, (text: string, pattern: string) =>
    patternOf(pattern).test(text),
  );

/** Parses, checks types where they are known, and compiles. Throws an `Error` that says what is wrong, in one line. */
export function compileCel(text: string): Cel {
  if (/[!=]==/.test(text)) throw new Error('CEL compares with == and !=');
  const parsed = parse(text);
  let isPlain = true;
  for (const call of callsIn(parsed.ast)) {
    const [name] = call.args;
    if (LOOPS.has(name)) isPlain = false;
    if (name === 'matches') prepareMatches(call);
  }
  const { valid, type, error } = parsed.check();
  if (!valid) throw new Error(describe(error));
  if (type !== 'bool' && type !== 'dyn') throw new Error(`gives a value of type ${type}, not true or false`);
  return { evaluate: parsed, isPlain };
}

/** What a thrown error of the library says, without its drawing of the source. */
export function describeCelError(error: unknown): string {
  return describe(error as { readonly summary?: string; readonly message: string });
}

function parse(text: string): ParseResult {
  try {
    return environment.parse(text);
  } catch (error) {
    if (error instanceof ParseError) throw new Error(describe(error), { cause: error });
    throw error;
  }
}

function describe(error: { readonly summary?: string; readonly message: string } | undefined): string {
  const summary = error?.summary ?? error?.message ?? 'is not valid';
  const missing = /^No such key: (\w+)$/.exec(summary)?.[1];
  const first = summary.split('\n')[0] ?? summary;
  if (missing === undefined) return first;
  const meant = nearestWord(missing, FIELDS);
  if (meant !== undefined && meant !== missing) return `${first}; did you mean ${meant}?`;
  return `${first}; an event has ${FIELDS.join(', ')}, and a key that may be missing needs has() before it`;
}

/** A receiver call of the syntax tree: `receiver.name(…)`. */
interface ReceiverCall {
  readonly args: [name: string, receiver: unknown, args: readonly ASTNode[]];
}

function* callsIn(node: unknown): Generator<ReceiverCall> {
  if (Array.isArray(node)) {
    for (const child of node) yield* callsIn(child);
  } else if (typeof node === 'object' && node !== null && 'op' in node && 'args' in node) {
    if (node.op === 'rcall') yield node as unknown as ReceiverCall;
    yield* callsIn(node.args);
  }
}

/** Patterns are compiled here, so that a bad one is found at load and none comes from an event. */
function prepareMatches(call: ReceiverCall): void {
  const [pattern] = call.args[2];
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string')
    throw new Error('matches() needs its pattern written out as a string, not taken from the event');
  patternOf(pattern.args);
  call.args[0] = LINEAR_MATCHES;
}

function patternOf(pattern: string) {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  if (patterns.size >= MAX_PATTERNS) patterns.clear();
  const made = compileRe2(pattern);
  patterns.set(pattern, made);
  return made;
}
