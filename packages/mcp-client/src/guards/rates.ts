/** Spaces out the calls of all processes to a server. */
export interface RateLimiter {
  /**
   * Takes a place in the line: how long to wait for it. Where that is more than `maxWaitMs` nothing is taken, and the
   * answer is when to ask again. Rejects when nobody can tell.
   */
  take(server: string, rate: Rate, maxWaitMs: number): Promise<Turn>;
}

/** A place in the line, or none. */
export type Turn = { readonly waitMs: number } | { readonly retryAfterMs: number };

/** So many calls in so much time, of which `burst` may go out at once. */
export interface Rate {
  readonly calls: number;
  readonly perMs: number;
  readonly burst: number;
}
