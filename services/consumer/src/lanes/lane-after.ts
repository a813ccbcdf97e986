import type { Order } from '@millrace/routing';
import type { Outcome } from '@millrace/stream-client';

/** The outcome, with what it means for those that stand behind the delivery in its lane. */
export function laneAfter(order: Order | undefined, outcome: Outcome): Outcome {
  return order === undefined ? outcome : { ...outcome, lane: placeAfter(order, outcome) };
}

function placeAfter({ onFailure }: Order, { state, detail }: Outcome): NonNullable<Outcome['lane']> {
  switch (state) {
    // No failures: it is not its turn, or somebody is asked. Nor is being held back.
    case 'waiting':
    case 'parked':
      return 'keep';
    case 'retrying':
      return onFailure === 'skip' && detail.paused === undefined && detail.waitsIn === undefined ? 'leave' : 'keep';
    case 'dead':
      return onFailure === 'stop' ? 'stop' : 'leave';
    case 'done':
    case 'expired':
      return 'leave';
  }
}
