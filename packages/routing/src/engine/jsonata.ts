import jsonata from 'jsonata';
import { toBoundedJson } from './bounded-json.ts';
import { compileDirect, type Direct } from './direct-expression.ts';
import { EngineError } from './engine-error.ts';
import { type ExprNode, nodesIn } from './jsonata-ast.ts';
import { compileLinear, LinearRegExp } from './linear-regex.ts';
import { isPlain } from './plain-expression.ts';

/** A compiled expression. */
export interface Jsonata {
  /** Resolves with JSON text, or undefined for nothing; rejects with `EngineError`. Call it once at a time. */
  evaluate(input: unknown): Promise<string | undefined>;
  /** The same without JSONata, for most inputs of most expressions; undefined where it takes JSONata. */
  readonly direct: Direct | undefined;
  /** Whether it can be evaluated anywhere: its time and space are in proportion to its own length times the input's. */
  readonly isPlain: boolean;
  /** The names of the object that it writes out; undefined where it makes what it gives in any other way. */
  readonly names: readonly string[] | undefined;
}

/** How deep evaluation may nest, and how many items a sequence may have. An event has no more than 10,000 values. */
const MAX_DEPTH = 200;
const MAX_ITEMS = 20_000;
/** How deep a text may nest its brackets: the parser calls itself for each. */
const MAX_BRACKETS = 100;
/** JSONata's code for having run out of time. */
const TIMED_OUT = 'D1012';

/**
 * Compiles once. Throws an `Error` that says what is wrong with the text and where. What can be seen to be unfit is
 * refused here: `$eval`, whose text nobody can check, and regular expressions that a linear engine cannot have.
 */
export function compileJsonata(text: string, timeoutMs: number): Jsonata {
  if (deepestBracketIn(text) > MAX_BRACKETS) throw new Error(`brackets nest deeper than ${MAX_BRACKETS}`);
  const compiled = jsonata(text, {
    timeout: timeoutMs,
    stack: MAX_DEPTH,
    sequence: MAX_ITEMS,
    RegexEngine: LinearRegExp as unknown as RegExpConstructor,
  });
  const tree = compiled.ast() as unknown as ExprNode;
  for (const node of nodesIn(tree)) checkNode(node);
  return {
    direct: compileDirect(tree),
    isPlain: isPlain(tree),
    names: namesIn(tree),
    evaluate: async (input) => toBoundedJson(await evaluate(compiled, input)),
  };
}

function namesIn({ type, value, lhs, expressions }: ExprNode): readonly string[] | undefined {
  const last = type === 'block' ? expressions?.at(-1) : undefined;
  if (last !== undefined) return namesIn(last);
  if (type !== 'unary' || value !== '{' || !Array.isArray(lhs)) return undefined;
  const names = (lhs as readonly (readonly ExprNode[])[]).map(([name]) => name);
  const written = names.flatMap((name) => (name?.type === 'string' ? [String(name.value)] : []));
  return written.length === names.length ? written : undefined;
}

function checkNode(node: ExprNode): void {
  if (node.type === 'variable' && node.value === 'eval')
    throw new Error('$eval is not allowed: what it would run cannot be checked; write the expression out');
  if (node.type === 'regex' && node.value instanceof RegExp) compileLinear(node.value);
}

async function evaluate(compiled: jsonata.Expression, input: unknown): Promise<unknown> {
  try {
    return await compiled.evaluate(input);
  } catch (error) {
    throw new EngineError(isTimeout(error) ? 'timed-out' : 'failed', messageOf(error), error);
  }
}

function isTimeout(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === TIMED_OUT;
}

/** JSONata throws plain objects with a code, a message and a position. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return String(thrown.message);
  return String(thrown);
}

/** Brackets in strings are counted too: a little strict, and never too lax. */
function deepestBracketIn(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const char of text) {
    if (char === '(' || char === '[' || char === '{') deepest = Math.max(deepest, ++depth);
    else if (char === ')' || char === ']' || char === '}') depth -= 1;
  }
  return deepest;
}
