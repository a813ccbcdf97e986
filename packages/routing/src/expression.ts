import jsonata from 'jsonata';
import { ExpressionError } from './errors.js';

/** A compiled JSONata expression. Evaluating it is bounded in time, depth and size, and throws `ExpressionError`. */
export type Expression = (input: unknown) => Promise<unknown>;

/**
 * Without these an endless recursion stops neither by itself nor by a timer, and takes the process with it. The time, in
 * ms, is far beyond what a sensible expression takes (well under one), so that a busy machine does not fail a good one.
 */
const LIMITS = { timeout: 1_000, stack: 200, sequence: 100_000 };

/** JSONata's code for having run out of time. */
const TIMED_OUT = 'D1012';

/**
 * JSONata evaluates in small asynchronous steps and measures time by the clock. Evaluations therefore take turns: side by
 * side, each would be charged for the time of all the others.
 */
let lastTurn: Promise<unknown> = Promise.resolve();

/** Compiles once. Throws an `Error` that says what is wrong with the text and where. */
export function compileExpression(text: string): Expression {
  const compiled = jsonata(text, LIMITS);
  return (input) => {
    const turn = lastTurn.then(() => evaluate(compiled, input));
    lastTurn = turn.catch(ignoreForNext);
    return turn;
  };
}

async function evaluate(compiled: jsonata.Expression, input: unknown): Promise<unknown> {
  try {
    return await compiled.evaluate(input);
  } catch (error) {
    const code = isTimeout(error) ? 'EXPRESSION_TIMED_OUT' : 'EXPRESSION_FAILED';
    throw new ExpressionError(code, `expression failed: ${messageOf(error)}`, error);
  }
}

function isTimeout(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === TIMED_OUT;
}

/** The caller of a failed evaluation hears of it; the next one in turn need not. */
function ignoreForNext(): void {}

/** JSONata throws plain objects with a code, a message and a position. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return String(thrown.message);
  return String(thrown);
}
