import { compileCel, describeCelError } from './engine/cel.js';
import { ExpressionError } from './errors.js';
import type { EventView } from './route.js';

/** A compiled `when`: whether it holds for an event. Throws `ExpressionError` when that cannot be told. */
export type Condition = (view: EventView) => Promise<boolean>;

/** Compiles once and checks types. Throws an `Error` that says what is wrong with the text. */
export function compileCondition(text: string): Condition {
  const cel = compileCel(text);
  return async (view) => requireBoolean(evaluate(cel, toContext(view)));
}

function evaluate(cel: ReturnType<typeof compileCel>, context: { readonly event: unknown }): unknown {
  try {
    return cel.evaluate(context);
  } catch (error) {
    throw new ExpressionError('EXPRESSION_FAILED', `\`when\` failed: ${describeCelError(error)}`, error);
  }
}

/** Extension attributes are in a map of their own: their names are the producers', and cannot be checked at load. */
function toContext({ data, ...attributes }: EventView) {
  return { event: { ...attributes, attributes, ...(data === undefined ? {} : { data }) } };
}

function requireBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new ExpressionError('EXPRESSION_FAILED', `\`when\` must give true or false, it gave a ${typeof value}`);
}
