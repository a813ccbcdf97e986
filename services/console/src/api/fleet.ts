import type { Page } from './page';
import type { Pause } from './pauses';
import { type Query, request } from './request';

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
  readonly lastMinute: Figures;
  /** The slowest first. */
  readonly tools: readonly (Figures & { readonly tool: string })[];
  readonly paused?: Pause;
  readonly consumers: readonly { readonly consumer: string; readonly breaker: string; readonly calls: number }[];
}

/** Calls that ended within the last minute; null where there was none. */
export interface Figures {
  readonly calls: number;
  /** 0 to 1. */
  readonly failedShare: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

/** A call that a server was sent. */
export interface Call {
  readonly at: string;
  readonly tool: string;
  readonly route: string;
  readonly ref: string;
  readonly attempt: number;
  readonly outcome: string;
  readonly code?: string;
  readonly durationMs: number;
}

/** A tool as its server describes it. */
export interface Tool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly annotations?: Readonly<Record<string, boolean>>;
  readonly pin: 'none' | 'accepted' | 'changed' | 'new' | 'missing';
  readonly changedAt?: string;
}

/** The tools of a server, as far as a consumer has been told. */
export interface KnownTools {
  /** Null while nobody has asked it. */
  readonly listedAt: string | null;
  readonly isTrusted: boolean | null;
  readonly problem?: string;
  readonly items: readonly Tool[];
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
export function listCalls(server: string, query: Query, signal: AbortSignal): Promise<Page<Call>> {
  return request('GET', `v1/servers/${encodeURIComponent(server)}/calls`, { query, signal });
}

/** Has the server asked, where what is known is old. */
export function readTools(server: string, signal: AbortSignal): Promise<KnownTools> {
  return request('GET', `v1/servers/${encodeURIComponent(server)}/tools`, { signal });
}

/** The latest first. */
export function listActs(
  page: { limit: number; cursor?: string | undefined },
  signal: AbortSignal,
): Promise<Page<Act>> {
  return request('GET', 'v1/audit', { query: page, signal });
}
