import { ExpressionError } from './errors.js';
import type { EventView } from './event-view.js';
import { compileExpression } from './expression.js';

/** A resource of a server. */
export interface ResourceUri {
  readonly server: string;
  readonly uri: string;
}

/** Gives the resource that is meant for an event. Throws `ExpressionError` where the event has nothing for one of its places. */
export type RenderResource = (view: EventView) => Promise<ResourceUri>;

/** Characters of one value. */
const MAX_VALUE_CHARS = 256;

/**
 * Compiles one of `agent.resources`: `<server>/<uri>`, in which `{…}` holds JSONata over the event. A value is a text or a
 * number and stays one part of the uri, whatever characters it has. Throws an `Error` for a text that is no such thing.
 */
export function compileResource(text: string): RenderResource {
  const at = text.indexOf('/');
  const server = text.slice(0, at);
  // What stands between braces is at every second place.
  const parts = text.slice(at + 1).split(/\{([^{}]*)\}/);
  const fixed = parts.filter((_, n) => n % 2 === 0);
  if (fixed.some((part) => /[{}]/.test(part))) throw new Error('a brace has no other half');
  const values = parts.filter((_, n) => n % 2 === 1).map((source) => ({ source, render: compileExpression(source) }));
  return async (view) => {
    const rendered = await Promise.all(values.map(async ({ source, render }) => encode(await render(view), source)));
    return { server, uri: fixed.map((part, n) => `${part}${rendered[n] ?? ''}`).join('') };
  };
}

function encode(value: unknown, source: string): string {
  const fail = (why: string) =>
    new ExpressionError('EXPRESSION_FAILED', `\`{${source}}\` in \`agent.resources\` ${why}`);
  if ((typeof value !== 'string' || value === '') && typeof value !== 'number')
    throw fail('must give text or a number');
  const text = String(value);
  if (text.length > MAX_VALUE_CHARS) throw fail(`gave more than ${MAX_VALUE_CHARS} characters`);
  // These would lead out of their place, and are no character that can be written in another way.
  if (text === '.' || text === '..' || !text.isWellFormed()) throw fail('gave what cannot be part of a uri');
  return encodeURIComponent(text);
}
