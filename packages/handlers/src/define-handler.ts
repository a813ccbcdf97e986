import type { HandlerContext } from './handler-context.js';

/** Known to every copy of this package, so that a handler may bring its own. */
const MARK = Symbol.for('millrace.dev/handler');
/** What the consumer and the handler have agreed on: the shape of the context. */
const FORMAT = 1;

/** What a file in `config/handlers/` exports as its default. */
export interface Handler {
  readonly run: (context: HandlerContext<never>) => unknown;
}

/**
 * Makes a handler of a function. The function is run for each event that a route with this handler accepts, and again from
 * its beginning in every further attempt; what it resolves with is the delivery's result (JSON). A throw fails the attempt,
 * and the route's retry policy decides; `GiveUp` ends the delivery at once.
 */
export function defineHandler<Data = unknown>(run: (context: HandlerContext<Data>) => unknown): Handler {
  return Object.freeze({ [MARK]: FORMAT, run });
}

/** Whether a value was made by `defineHandler`, of a release that this one understands. */
export function isHandler(value: unknown): value is Handler {
  return typeof value === 'object' && value !== null && Reflect.get(value, MARK) === FORMAT;
}
