import type { Effect, Failure } from './effect';
import { request } from './request';

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
  /** What it waits for: a route or a server that somebody has paused. */
  readonly paused?: { readonly kind: string; readonly name: string };
  /** How far the tool said that it had come, last. */
  readonly progress?: {
    readonly progress: number;
    readonly total?: number;
    readonly message?: string;
    readonly at?: string;
  };
  readonly followUps: readonly string[];
  /** Its ref in the partition of its key, where it went on. */
  readonly movedTo?: string;
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
  readonly causedBy?: { readonly ref: string; readonly type: string; readonly replayed?: boolean };
}

export function readEvent(ref: string, signal: AbortSignal): Promise<EventRecord> {
  return request('GET', `v1/events/${encodeURIComponent(ref)}`, { signal });
}

/** Ends the deliveries of an event that wait, or that of one route. */
export function cancelEvent(ref: string, route?: string): Promise<{ cancelled: string[]; left: unknown[] }> {
  return request('POST', `v1/events/${encodeURIComponent(ref)}/cancel`, { query: { route } });
}

/** An event that was sent again. */
export interface Replayed {
  readonly ref: string;
  readonly edited: readonly string[];
}

/** Sends an event again, with an edit as JSON text. With the same `id` in it, it happens once however often it is asked. */
export function replayEvent(ref: string, edit: string): Promise<Replayed> {
  return request('POST', `v1/events/${encodeURIComponent(ref)}/replay`, { json: edit });
}
