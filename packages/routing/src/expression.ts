import { EngineError } from './engine/engine-error.js';
import type { Answer } from './engine/isolate-protocol.js';
import { compileJsonata, type Jsonata } from './engine/jsonata.js';
import { ExpressionError } from './errors.js';
import { isolates } from './isolates.js';

/**
 * A compiled JSONata expression. Gives plain JSON values, or undefined. Evaluating it is bounded in time, depth and size;
 * it throws `ExpressionError`.
 */
export type Expression = (input: unknown) => Promise<unknown>;

/** How long a plain expression may hold this thread, in ms. One that is not through by then goes on in an isolate. */
const HOLD_LIMIT_MS = 25;

/**
 * Compiles once. Throws an `Error` that says what is wrong with the text and where. Plain expressions, which most are,
 * run right here, and the plainest without JSONata; whatever could loop, grow or recurse runs in a process of its own.
 */
export function compileExpression(text: string): Expression {
  const compiled = compileJsonata(text, HOLD_LIMIT_MS);
  return async (input) => {
    const told = evaluateDirectly(compiled, input);
    if (told !== undefined) return told.value;
    return parseAnswer(await (compiled.isPlain ? evaluateHere(compiled, text, input) : isolate(text, input)));
  };
}

function evaluateDirectly({ direct }: Jsonata, input: unknown): { readonly value: unknown } | undefined {
  try {
    return direct?.(input);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw toExpressionError({ kind: 'failed', message: error.message });
  }
}

/** The names of the object that an expression writes out; undefined for one that makes what it gives in another way. */
export function findNames(text: string): readonly string[] | undefined {
  return compileJsonata(text, HOLD_LIMIT_MS).names;
}

/** Whether an expression runs right here, in time and space in proportion to its own length times its input's. */
export function isPlainExpression(text: string): boolean {
  return compileJsonata(text, HOLD_LIMIT_MS).isPlain;
}

/**
 * JSONata evaluates in small asynchronous steps and measures time by the clock. Evaluations therefore take turns: side by
 * side, each would be charged for the time of all the others.
 */
let lastTurn: Promise<unknown> = Promise.resolve();

function evaluateHere(compiled: Jsonata, text: string, input: unknown): Promise<Answer> {
  const turn = lastTurn.then(() => compiled.evaluate(input));
  lastTurn = turn.catch(ignoreForNext);
  return turn.then(toAnswer, (error: unknown) => {
    if (!(error instanceof EngineError)) throw error;
    if (error.kind === 'timed-out') return isolate(text, input);
    return { kind: 'failed', message: error.message };
  });
}

/** The caller of a failed evaluation hears of it; the next one in turn need not. */
function ignoreForNext(): void {}

function toAnswer(json: string | undefined): Answer {
  return { kind: 'value', ...(json === undefined ? {} : { json }) };
}

function isolate(text: string, input: unknown): Promise<Answer> {
  return isolates.run({ language: 'jsonata', text, input });
}

function parseAnswer(answer: Answer): unknown {
  if (answer.kind === 'value') return answer.json === undefined ? undefined : JSON.parse(answer.json);
  throw toExpressionError(answer);
}

/** What a failed evaluation means for the delivery. */
export function toExpressionError({ kind, message }: Exclude<Answer, { kind: 'value' }>): ExpressionError {
  const code = kind === 'timed-out' ? 'EXPRESSION_TIMED_OUT' : 'EXPRESSION_FAILED';
  return new ExpressionError(code, `expression failed: ${message}`);
}
