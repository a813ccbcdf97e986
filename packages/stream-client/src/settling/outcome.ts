import type { Event } from '@millrace/events';
import type { Entry, MalformedEntry } from '../codec.js';
import type { Asked, DeliveryFailure } from '../records/record.js';
import type { Pausable } from '../steering/pauses.js';
import type { LeftContext } from '../turns/contexts.js';

/** What became of one attempt at one delivery. */
export interface Outcome {
  /** The route's id. `-` for an entry that cannot be decoded, which has no route. */
  readonly route: string;
  /**
   * `waiting`: it was not attempted, since it is not its turn; it comes back as an entry of its own once it is. `moved`: it
   * was not attempted, and goes on in another partition, as an event for this route alone.
   */
  readonly state: 'done' | 'waiting' | 'retrying' | 'parked' | 'dead' | 'expired' | 'moved';
  /** Of one that has moved: the place of its key, which says where it goes on. */
  readonly place?: number;
  /**
   * Of a delivery that is in order with others, what becomes of its place in the lane: it keeps it; it leaves it, so that
   * the next one's turn comes; or it stops the lane, dead, until somebody redrives, resolves or discards it. To keep or to
   * stop a lane it has to stand in it. `leave-first`: it leaves it to go on elsewhere, and has to be the first in it.
   */
  readonly lane?: 'keep' | 'leave' | 'leave-first' | 'stop';
  /** The number of the attempt, from 1. An attempt that is settled already stays as it is. */
  readonly attempt: number;
  /** What the record shows about it. Plain JSON. */
  readonly detail: DeliveryDetail;
  /** How long a retry waits, or how long a parked delivery may be answered, in ms from now by Redis' clock. */
  readonly delayMs?: number;
  /** Of a retry or a parked one: how many attempts since the last redrive never left this process, this one included. */
  readonly unsent?: number;
  /** Effects of the attempt whose recorded state has changed: step path and JSON. */
  readonly effects?: readonly { readonly step: string; readonly value: string }[];
  /** Events to emit together with the outcome; only with `done`. */
  readonly followUps?: readonly Event[];
  /** The context that the delivery leaves with this outcome; only with one that is final. */
  readonly leaves?: LeftContext;
}

/** The part of a delivery's record that the consumer writes. */
export interface DeliveryDetail {
  readonly version: string;
  readonly effects: readonly unknown[];
  readonly result?: unknown;
  readonly reason?: string;
  /** What a retry waits for beside its time. */
  readonly paused?: Pausable;
  /** The context in which it waits for its turn. */
  readonly waitsIn?: string;
  /** The partition in which what comes before it is still, while the number of partitions is changed. */
  readonly behind?: number;
  /** Of the attempts that never left the process, those that a pause has put off. */
  readonly held?: number;
  /** What it asks for, while it is parked and until the attempt that was answered has come to its end. */
  readonly asks?: Asked;
  readonly error?: DeliveryFailure;
}

/** Outcomes of one entry that are settled together. */
export interface Settlement {
  readonly entry: Entry | MalformedEntry;
  /** All routes that the entry is for, settled or not. With none, settling says that there is nothing to do about it. */
  readonly routes: readonly string[];
  readonly outcomes: readonly Outcome[];
}
