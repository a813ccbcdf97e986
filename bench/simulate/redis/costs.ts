/**
 * What the one thread of a Redis node spends, in µs. Fitted to a real Redis by `npm run simulate -- --fit`, its share of the
 * kernel's work included.
 */
export interface RedisCosts {
  /** What it does for itself, in a second. */
  readonly idle: number;
  /**
   * How cold a node is after so many ms without anything to do, 0 at once and 1 at the rest for which each step says what it
   * costs more. Between two of them it is taken from both.
   */
  readonly coldAfter: Readonly<Record<RestMs, number>>;
  /** One turn of its event loop. `cold`: waking up for it, beyond that. */
  readonly turn: Step;
  /** A connection that asks something in a turn: reading its socket, and writing to it. */
  readonly socket: number;
  /** Writing to one who sleeps, by a node that has rested as well: the kernel wakes him on its account. */
  readonly rouse: number;
  /** Any command, besides. */
  readonly command: number;
  readonly append: Step & { readonly each: number };
  /** Asking for new entries, whether there are any or not. */
  readonly read: Step;
  /** Handing entries to a reader, be it one that has asked now or one that waits. */
  readonly deliver: Step & { readonly each: number };
  readonly settle: Step & { readonly plain: number; readonly full: number };
  readonly heartbeat: Step & { readonly each: number };
  /** `examined`: a pending entry that is looked at and left. */
  readonly claim: Step & { readonly examined: number; readonly each: number };
  readonly promote: Step & { readonly each: number };
  readonly lanes: Step & { readonly joining: number; readonly asking: number };
  /** `each`: a consumer that the group knows. */
  readonly look: Step & { readonly each: number };
  /** Telling those who have subscribed: `each` for one message to one of them, `socket` for writing to one of them in a turn. */
  readonly publish: { readonly base: number; readonly each: number; readonly socket: number };
  /** `each`: a call in the log of its server. */
  readonly calls: Step & { readonly each: number };
  /**
   * Getting what a turn has written onto the disk, where every write is synced: time on a core for it, and all the time it
   * takes.
   */
  readonly sync: Step & { readonly takes: number };
}

/** Rests after which it is measured how cold a node is, in ms. */
export const RESTS_MS = ['0.1', '0.3', '1', '4', '16', '64'] as const;
export type RestMs = (typeof RESTS_MS)[number];

/**
 * A step, beside what each thing in it costs: `base` in company, and `cold` more where it is the first of its sort after a
 * rest. The core has gone to sleep then, or done other work, and its caches hold nothing of it any more.
 */
export interface Step {
  readonly base: number;
  readonly cold: number;
}
