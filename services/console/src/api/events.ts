import { request } from './request';

/**
 * One call or step of a delivery. Where a guarantee rests on it, it is as the ledger has it, with its `target`; otherwise the
 * record keeps what people want to see, in the other members.
 */
export interface Effect {
  readonly step?: string;
  readonly state?: string;
  readonly key?: string;
  readonly attempt?: number;
  readonly target?: Called;
  readonly server?: string;
  readonly tool?: string;
  readonly arguments?: unknown;
  readonly result?: unknown;
  readonly error?: Failure;
  readonly durationMs?: number;
}

/** What was called, with what; the arguments are not kept of every call. */
export interface Called {
  readonly server: string;
  readonly tool: string;
  readonly arguments?: unknown;
}

/** What an effect has called; undefined for a step that is no call. */
export function calledBy({ target, server, tool, arguments: args }: Effect): Called | undefined {
  if (target !== undefined) return target;
  return server === undefined || tool === undefined ? undefined : { server, tool, arguments: args };
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  /** What is known of the call that failed. */
  readonly class?: string;
}

/** What has become of an event along one route. */
export interface Delivery {
  /** The route. */
  readonly id: string;
  readonly version: string;
  readonly state: string;
  readonly attempts: number;
  readonly starts: number;
  readonly nextAt?: string;
  readonly reason?: string;
  readonly resolvedFrom?: string;
  readonly note?: string;
  readonly effects: readonly Effect[];
  readonly result?: unknown;
  readonly error?: Failure;
  readonly asks?: Asks;
  readonly followUps: readonly string[];
}

/** What a parked delivery wants to know. */
export interface Asks {
  readonly step: string;
  readonly server: string;
  readonly tool: string;
  readonly requests: Readonly<Record<string, unknown>>;
  /** What the call is made with; absent where that was too large to be kept. */
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** What a CloudEvent says beside its data. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export type CloudEvent = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly source: string;
  readonly type: string;
};

/** The record of an event. `event` is null when it was trimmed before its time. */
export interface EventRecord {
  readonly ref: string;
  readonly event: CloudEvent | null;
  readonly state: string;
  readonly acceptedAt: string;
  readonly finishedAt?: string;
  readonly routes: readonly Delivery[];
  readonly causedBy?: { readonly ref: string; readonly type: string };
}

export function readEvent(ref: string, signal: AbortSignal): Promise<EventRecord> {
  return request('GET', `v1/events/${encodeURIComponent(ref)}`, { signal });
}

/** Ends the deliveries of an event that wait, or that of one route. */
export function cancelEvent(ref: string, route?: string): Promise<{ cancelled: string[]; left: unknown[] }> {
  return request('POST', `v1/events/${encodeURIComponent(ref)}/cancel`, { query: { route } });
}
