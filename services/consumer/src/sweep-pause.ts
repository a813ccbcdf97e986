/** So many consumers sweep as often as they are told to. */
const AT_FULL_PACE = 4;
/** The longest pause, of the claim time: with its jitter, what was left is claimed within two claim times of its last sign. */
const MOST_OF_CLAIM_IDLE = 2 / 3;

/**
 * The pause between two sweeps of one consumer, in ms, where there are so many. Each sweep looks at every pending entry: so
 * the more there are, the less often each does it, and all together do it as often as four would; never so seldom that one
 * alone could not keep what is promised. `sweepMs` is the shortest pause, also where it is longer than that.
 */
export function sweepPauseMs(
  { sweepMs, claimIdleMs }: { readonly sweepMs: number; readonly claimIdleMs: number },
  consumers: number,
): number {
  const shared = (sweepMs * consumers) / AT_FULL_PACE;
  return Math.max(sweepMs, Math.min(shared, claimIdleMs * MOST_OF_CLAIM_IDLE));
}
