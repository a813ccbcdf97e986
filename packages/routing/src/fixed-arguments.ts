import { ExpressionError } from './errors.js';
import type { EventView } from './event-view.js';
import { compileExpression, findNames } from './expression.js';

/** Gives the fixed arguments of an event, every one of them. */
export type RenderFixed = (view: EventView) => Promise<Record<string, unknown>>;

/**
 * Compiles `agent.fixed`. JSONata leaves out of an object what has no value, and a name that is not there is one that the
 * model may choose: so the names have to be written out, and for an event that has nothing for one of them it throws
 * `ExpressionError`. Throws an `Error` for a text that is no such expression.
 */
export function compileFixed(text: string): RenderFixed {
  const render = compileExpression(text);
  const names = findNames(text);
  if (names === undefined) throw new Error('it must write out an object, as in { "tenant": data.tenant }');
  return async (view) => {
    const fixed = (await render(view)) as Record<string, unknown>;
    const missing = names.filter((name) => !Object.hasOwn(fixed, name));
    if (missing.length === 0) return fixed;
    throw new ExpressionError('EXPRESSION_FAILED', `\`agent.fixed\` gave nothing for ${missing.join(', ')}`);
  };
}
