import type { Page } from './page';
import { request } from './request';

/** Events of one route that belong together, of which an agent remembers something. */
export interface Context {
  readonly id: string;
  readonly route: string;
  /** What the route's `context` gave. */
  readonly name: string;
  readonly updatedAt: string;
}

/** A context with what is remembered. */
export interface RememberedContext extends Context {
  /** As it is shown to the model; a mark where it is hidden from whoever looks. */
  readonly memory: unknown;
}

/** What an agent remembers. */
export interface Memory {
  readonly origin?: { readonly trust: string; readonly isFromOutside: boolean };
  readonly events?: number;
  /** What there was no room for. */
  readonly summary?: string;
  readonly turns?: readonly {
    readonly at: string;
    readonly event: string;
    readonly result: string;
    readonly calls: readonly string[];
  }[];
  readonly facts?: readonly { readonly at: string; readonly tool: string; readonly said: string }[];
}

/** The last to be forgotten first. */
export function listContexts(
  page: { limit: number; cursor?: string | undefined },
  signal: AbortSignal,
): Promise<Page<Context>> {
  return request('GET', 'v1/contexts', { query: page, signal });
}

export function readContext(id: string, signal: AbortSignal): Promise<RememberedContext> {
  return request('GET', `v1/contexts/${encodeURIComponent(id)}`, { signal });
}

/** Forgets it for good. */
export function clearContext(id: string): Promise<unknown> {
  return request('DELETE', `v1/contexts/${encodeURIComponent(id)}`);
}
