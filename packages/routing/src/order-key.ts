import type { Event } from '@millrace/events';
import { ExpressionError } from './errors.js';
import { viewOf } from './event-view.js';
import { compileExpression, isPlainExpression } from './expression.js';

/**
 * Compiles the key of an order: the name of an attribute, or JSONata. Throws an `Error` that says what is wrong with the
 * text. Every event of an ordered route is asked for its key before any is delivered, so what could take long is refused.
 */
export function compileOrderKey(text: string): (event: Event) => Promise<string | undefined> {
  // The names of attributes, which need no engine and no parsed data.
  if (/^[a-z0-9]{1,20}$/.test(text) && text !== 'data') return async ({ attributes }) => toKey(attributes[text]);
  if (/^[A-Za-z0-9]+$/.test(text) && text !== text.toLowerCase())
    throw new Error(`no attribute is called ${text}: their names are of small letters and digits`);
  const evaluate = compileExpression(text);
  if (!isPlainExpression(text))
    throw new Error('a key may pick and put together values, but not loop, sort, replace or define functions');
  return async (event) => toKey(await evaluate(viewOf(event)));
}

function toKey(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const given = Array.isArray(value) ? 'an array' : 'an object';
  throw new ExpressionError('EXPRESSION_FAILED', `\`ordered\` must give text or a number, it gave ${given}`);
}
