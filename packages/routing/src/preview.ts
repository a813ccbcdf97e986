import { describeError } from '@millrace/core';
import type { Event } from '@millrace/events';
import { viewOf } from './event-view.js';
import { explainFilter } from './explain-filter.js';
import { matchRoute } from './match.js';
import type { Route, ToolTarget } from './route.js';

/** What a route would do about an event. */
export type Preview =
  | { readonly route: string; readonly kind: 'no-match'; readonly because: 'on' | 'when'; readonly why: string }
  | { readonly route: string; readonly kind: 'failed'; readonly at: 'when' | 'with'; readonly why: string }
  | {
      readonly route: string;
      readonly kind: 'call';
      readonly target: ToolTarget;
      readonly arguments: Readonly<Record<string, unknown>>;
    }
  | { readonly route: string; readonly kind: 'handler'; readonly file: string }
  | { readonly route: string; readonly kind: 'agent'; readonly model: string; readonly tools: readonly string[] };

/** What a route would do about an event, and why. Nothing is called. */
export async function previewRoute(route: Route, event: Event): Promise<Preview> {
  const refusal = explainFilter(route.on, event);
  if (refusal !== undefined) return { route: route.id, kind: 'no-match', because: 'on', why: refusal };
  const match = await matchRoute(route, event);
  if (match === undefined) return { route: route.id, kind: 'no-match', because: 'when', why: '`when` is false' };
  if (match.error !== undefined) return { route: route.id, kind: 'failed', at: 'when', why: match.error.message };
  if (route.action.kind === 'handler') return { route: route.id, kind: 'handler', file: route.action.file };
  if (route.action.kind === 'agent') {
    const { model, tools } = route.action;
    return { route: route.id, kind: 'agent', model, tools };
  }
  const { target } = route.action;
  try {
    return { route: route.id, kind: 'call', target, arguments: await route.action.renderArguments(viewOf(event)) };
  } catch (error) {
    return { route: route.id, kind: 'failed', at: 'with', why: describeError(error).message };
  }
}
