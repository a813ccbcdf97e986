import type { Event } from '@millrace/events';
import type { ToolProgress } from '../reading/lease.js';
import type { Pausable } from '../steering/pauses.js';

/**
 * The states a delivery can be in. The last four are final, though a dead one can be redriven. One that has moved goes on in
 * another partition: what becomes of it says the record of its follow-up.
 */
export type DeliveryState = 'waiting' | 'running' | 'retrying' | 'parked' | 'done' | 'dead' | 'expired' | 'moved';

/** Whether a delivery has come to its end; a dead one may still be redriven. */
export function isFinalState(state: DeliveryState): boolean {
  return state === 'done' || state === 'dead' || state === 'expired' || state === 'moved';
}

/** The states an event can be in: `dead` as soon as one delivery is dead and none is open. */
export type EventState = 'scheduled' | 'open' | 'done' | 'dead' | 'expired';

/** A failure as the record keeps it. */
export interface DeliveryFailure {
  readonly code: string;
  readonly message: string;
  /**
   * What is known of the call that failed: `not-sent`, `refused`, `failed-by-tool`, `unknown`, and their like. Absent
   * where no call was made.
   */
  readonly class?: string;
}

/** What is asked of a person before a call goes on, and where to go on with the answer. */
export interface Asked {
  /** The attempt that was asked. */
  readonly attempt: number;
  /** Step path of the call. */
  readonly step: string;
  readonly server: string;
  readonly tool: string;
  /** By the server's own names, as the server sent them; `approval` where it is ours to ask whether the call may be made. */
  readonly requests: Readonly<Record<string, unknown>>;
  /** Of the server, to be handed back unchanged. Nobody else is shown it. */
  readonly requestState?: string;
  /** Milliseconds since the epoch. */
  readonly askedAt?: number;
  /** What the call would be made with. The answer is for exactly these. */
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** An answer as the record keeps it: to what an attempt was asked. */
export interface KeptAnswer {
  readonly attempt: number;
  /** By the names of the requests. */
  readonly responses: Readonly<Record<string, unknown>>;
}

/** What has happened to one event along one route so far. */
export interface DeliveryRecord {
  readonly route: string;
  /** The version of the routes file that the delivery ran under. */
  readonly version: string;
  readonly state: DeliveryState;
  /** Whether it has been in order with others and had to wait for its turn: it then has an entry of its own, or will have. */
  readonly isInTurn?: boolean;
  /** Attempts that came to an end, whatever end. */
  readonly attempts: number;
  /** Times a consumer began; more than `attempts` after a crash. */
  readonly starts: number;
  /** When the next attempt is due, while `retrying`; when it expires, while `parked`. */
  readonly nextAt?: Date;
  /** What it waits for, while it is `retrying` and its route, or the server that it would call, is paused. */
  readonly paused?: Pausable;
  /** The context in which it waits for its turn, while it is `retrying` for that. */
  readonly waitsIn?: string;
  /** The partition in which earlier events of its key are still, while it is `retrying` for that. */
  readonly behind?: number;
  /** Attempts among those that never left the process that a pause has put off. 0 where it is left out. */
  readonly held?: number;
  /** Why it is dead: a stable word, such as `attempts-exhausted`. */
  readonly reason?: string;
  /** Why it was dead before a person declared it done. */
  readonly resolvedFrom?: string;
  /** The effects of the delivery: which tool was called where, and what is known about it. Any JSON. */
  readonly effects: readonly unknown[];
  /** What the tool answered, once done. Any JSON value. */
  readonly result?: unknown;
  /** What the person wrote who declared it done. */
  readonly note?: string;
  /** The last failure. */
  readonly error?: DeliveryFailure;
  /** How far the tool said that it had come, last. Gone once the delivery is done. */
  readonly progress?: ToolProgress & {
    /** The attempt that it belongs to. */
    readonly attempt: number;
    /** When the record heard of it, by Redis' clock. */
    readonly at: Date;
  };
  /** What it asks for, while it is parked; with the answer, once somebody has given one. */
  readonly input?: { readonly asks: Asked; readonly responses?: Readonly<Record<string, unknown>> };
  /** Refs of the events that this delivery emitted; of one that has moved, the ref as which it goes on. Those elsewhere are known once they have arrived. */
  readonly followUps: readonly string[];
  /** The ref as which it went on in another partition, where what became of it there is told with its event. */
  readonly movedTo?: string;
}

/**
 * The record of one accepted event. It stays for the record lifetime after the event is finished; while anything is
 * open or dead it never expires. `event` is missing only when a settled entry was trimmed by size before its time.
 */
export interface EventRecord {
  readonly ref: string;
  readonly event: Event | undefined;
  readonly state: EventState;
  readonly acceptedAt: Date;
  readonly finishedAt?: Date;
  readonly deliveries: readonly DeliveryRecord[];
  /** The routes that the event was matched to, once it is settled in part: later routes files do not change them. */
  readonly matched?: readonly string[];
}
