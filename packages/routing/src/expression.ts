import jsonata from 'jsonata';
import { ExpressionError } from './errors.js';

/** A compiled JSONata expression. Evaluating it is bounded in time, depth and size, and throws `ExpressionError`. */
export type Expression = (input: unknown) => Promise<unknown>;

/** Without these an endless recursion stops neither by itself nor by a timer, and takes the process with it. */
const LIMITS = { timeout: 250, stack: 200, sequence: 100_000 };

/** Compiles once. Throws an `Error` that says what is wrong with the text and where. */
export function compileExpression(text: string): Expression {
  const compiled = jsonata(text, LIMITS);
  return async (input) => {
    try {
      return await compiled.evaluate(input);
    } catch (error) {
      throw new ExpressionError(`expression failed: ${messageOf(error)}`, error);
    }
  };
}

/** JSONata throws plain objects with a code, a message and a position. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return String(thrown.message);
  return String(thrown);
}
