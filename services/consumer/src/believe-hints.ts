import type { ToolHints, ToolKnowledge } from '@millrace/mcp-client';
import type { Route, ToolTarget } from '@millrace/routing';

/** A route with what trusted servers say about its tool taken into account. */
export interface KnownRoute {
  readonly route: Route;
  /** Whether the tool only reads, so that it does not matter which server is asked, or how many. */
  readonly isReadOnly: boolean;
}

/**
 * Asks trusted servers about the tool of a route, where that makes a difference. A tool that all of them call read-only or
 * idempotent is safe to repeat, as if the route had said so. The route's own word stands.
 */
export async function believeHints(
  route: Route,
  tools: Partial<ToolKnowledge>,
  signal: AbortSignal,
): Promise<KnownRoute> {
  const { action, idempotency, delivery } = route;
  if (action.kind !== 'call' || idempotency.kind === 'safe') return { route, isReadOnly: idempotency.kind === 'safe' };
  const isAsked =
    action.target.equivalents !== undefined || (delivery === 'effectively-once' && idempotency.kind === 'none');
  const { hintsOf } = tools;
  if (!isAsked || hintsOf === undefined) return { route, isReadOnly: false };
  const { tool } = action.target;
  const hints = await Promise.all(serversOf(action.target).map((server) => hintsOf(server, tool, signal)));
  const isReadOnly = hints.every((one) => one.isReadOnly);
  if (idempotency.kind !== 'none' || !hints.every(isHarmless)) return { route, isReadOnly };
  return { route: { ...route, idempotency: { kind: 'safe' } }, isReadOnly };
}

/** The servers that a target names, the preferred one first. */
export function serversOf({ server, equivalents = [] }: ToolTarget): readonly string[] {
  return [server, ...equivalents];
}

function isHarmless(hints: ToolHints): boolean {
  return hints.isReadOnly || hints.isIdempotent;
}
