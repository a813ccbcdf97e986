import type { Order } from '@millrace/routing';
import type { Outcome } from '@millrace/stream-client';

/**
 * The outcome, with what it means for those that stand behind the delivery in its lane. One that has no key stands in none, and
 * only leaves. One that was put back may stand in a lane though its route is not ordered any more: then it goes, and calls the next.
 */
export function laneAfter(
  order: Order | undefined,
  outcome: Outcome,
  { wasPutBack, hasLane }: { readonly wasPutBack: boolean; readonly hasLane: boolean },
): Outcome {
  if (order !== undefined) {
    const lane = placeAfter(order, outcome);
    return hasLane || lane === 'leave' ? { ...outcome, lane } : outcome;
  }
  const isOpen = outcome.state === 'waiting' || outcome.state === 'parked' || outcome.state === 'retrying';
  return wasPutBack && !isOpen ? { ...outcome, lane: 'leave' } : outcome;
}

function isHeldBack({ paused, waitsIn, behind }: Outcome['detail']): boolean {
  return paused !== undefined || waitsIn !== undefined || behind !== undefined;
}

function placeAfter({ onFailure }: Order, { state, detail }: Outcome): NonNullable<Outcome['lane']> {
  switch (state) {
    // No failures: it is not its turn, or somebody is asked. Nor is being held back.
    case 'waiting':
    case 'parked':
      return 'keep';
    case 'retrying':
      return onFailure === 'skip' && !isHeldBack(detail) ? 'leave' : 'keep';
    case 'dead':
      return onFailure === 'stop' ? 'stop' : 'leave';
    case 'done':
    case 'expired':
      return 'leave';
    // Nothing of it has come about yet, and it will in the order in which it leaves.
    case 'moved':
      return 'leave-first';
  }
}
