import type { Page } from './page';
import type { Pause } from './pauses';
import { request } from './request';

/** A process that carries deliveries out. */
export interface Consumer {
  readonly name: string;
  /** Entries it has read and not settled. */
  readonly pending: number;
  /** Since it was last heard of. */
  readonly idleMs: number;
}

/** An MCP server, as the consumers that are alive see it. */
export interface Server {
  readonly name: string;
  readonly breaker: 'closed' | 'half-open' | 'open';
  /** Calls under way. */
  readonly calls: number;
  readonly paused?: Pause;
  readonly consumers: readonly { readonly consumer: string; readonly breaker: string; readonly calls: number }[];
}

/** What somebody did. */
export interface Act {
  readonly id: string;
  readonly at: string;
  readonly action: string;
  readonly target: string;
  readonly count: number;
  readonly from?: string;
  readonly note?: string;
}

export function listConsumers(signal: AbortSignal): Promise<Page<Consumer>> {
  return request('GET', 'v1/consumers', { signal });
}

export function listServers(signal: AbortSignal): Promise<Page<Server>> {
  return request('GET', 'v1/servers', { signal });
}

/** The latest first. */
export function listActs(
  page: { limit: number; cursor?: string | undefined },
  signal: AbortSignal,
): Promise<Page<Act>> {
  return request('GET', 'v1/audit', { query: page, signal });
}
