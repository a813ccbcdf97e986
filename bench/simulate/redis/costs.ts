/**
 * What the one thread of a Redis node spends, in µs: `base` for a call of a script, and so much for each thing in it. Fitted
 * to a real Redis by `npm run simulate -- --fit`, its share of the kernel's work included.
 */
export interface RedisCosts {
  /** One turn of its event loop. */
  readonly turn: number;
  /** A connection that asks something in a turn: reading its socket, and writing to it. */
  readonly socket: number;
  /** Any command, besides. */
  readonly command: number;
  readonly append: { readonly base: number; readonly each: number };
  readonly read: { readonly base: number; readonly each: number };
  readonly settle: { readonly base: number; readonly plain: number; readonly full: number };
  readonly heartbeat: { readonly base: number; readonly each: number };
  /** `examined`: a pending entry that is looked at and left. */
  readonly claim: { readonly base: number; readonly examined: number; readonly each: number };
  readonly promote: { readonly base: number; readonly each: number };
  readonly lanes: { readonly base: number; readonly joining: number; readonly asking: number };
  /** `each`: a consumer that the group knows. */
  readonly look: { readonly base: number; readonly each: number };
  /** Telling those who have subscribed: `each` for one message to one of them, `socket` for writing to one of them in a turn. */
  readonly publish: { readonly base: number; readonly each: number; readonly socket: number };
  /** `each`: a call in the log of its server. */
  readonly calls: { readonly base: number; readonly each: number };
  /**
   * Getting what a turn has written onto the disk, where every write is synced: time on a core for it, and all the time it
   * takes.
   */
  readonly sync: { readonly work: number; readonly takes: number };
}
