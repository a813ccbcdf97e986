/** How often a delivery is attempted, and how long it waits in between. */
export interface RetryPolicy {
  /** Attempts in all, the first one included. 1 to 100. */
  readonly attempts: number;
  /** Base of the exponential, in milliseconds. */
  readonly initialMs: number;
  /** Cap of the exponential, in milliseconds. */
  readonly maxMs: number;
}

/**
 * Milliseconds to wait before attempt n (n ≥ 2). Full jitter: uniform between 0 and the capped exponential, so that
 * consumers which failed together do not return together. A server's own retry-after wins when it is longer.
 */
export function nextDelayMs(
  policy: RetryPolicy,
  attempt: number,
  random: () => number,
  retryAfterMs: number = 0,
): number {
  const exponential = policy.initialMs * 2 ** Math.min(attempt - 2, 30);
  const jittered = Math.floor(random() * Math.min(policy.maxMs, exponential));
  return Math.max(jittered, retryAfterMs);
}
