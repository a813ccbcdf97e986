import { type Cel, compileCel, describeCelError } from './engine/cel.js';
import { ExpressionError } from './errors.js';
import type { EventView } from './event-view.js';
import { isolates } from './isolates.js';

/** A compiled `when`: whether it holds for an event. Throws `ExpressionError` when that cannot be told. */
export type Condition = (view: EventView) => Promise<boolean>;

/** Compiles once and checks types. Throws an `Error` that says what is wrong with the text. Loops run in an isolate. */
export function compileCondition(text: string): Condition {
  const cel = compileCel(text);
  return async (view) => {
    const context = toContext(view);
    return requireBoolean(cel.isPlain ? evaluateHere(cel, context) : await evaluateApart(text, context));
  };
}

function evaluateHere(cel: Cel, context: { readonly event: unknown }): unknown {
  try {
    return cel.evaluate(context);
  } catch (error) {
    throw new ExpressionError('EXPRESSION_FAILED', `\`when\` failed: ${describeCelError(error)}`, error);
  }
}

async function evaluateApart(text: string, input: { readonly event: unknown }): Promise<unknown> {
  const answer = await isolates.run({ language: 'cel', text, input });
  if (answer.kind === 'value') return answer.json === undefined ? undefined : JSON.parse(answer.json);
  const code = answer.kind === 'timed-out' ? 'EXPRESSION_TIMED_OUT' : 'EXPRESSION_FAILED';
  throw new ExpressionError(code, `\`when\` failed: ${answer.message}`);
}

/** Extension attributes are in a map of their own: their names are the producers', and cannot be checked at load. */
function toContext({ data, ...attributes }: EventView) {
  return { event: { ...attributes, attributes, ...(data === undefined ? {} : { data }) } };
}

function requireBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new ExpressionError('EXPRESSION_FAILED', `\`when\` must give true or false, it gave a ${typeof value}`);
}
