import { sleep } from '@millrace/core';
import { type Entry, isWorthRepeating, type SettleReply } from '@millrace/stream-client';
import { FIRST_SETTLE_PAUSE_MS, type Handling, settleUntilAnswered } from './handle-entry.js';
import type { OuterEnd } from './handlers/attempt-end.js';
import type { Disposal } from './outcome.js';

/** The only delivery of an entry, with what has become of it. */
export interface Concluded {
  readonly entry: Entry;
  readonly routeId: string;
  readonly disposal: Disposal;
}

/**
 * As `settleDisposals`, of one outcome whose route orders nothing, and without a promise: `end` is told once it is settled,
 * is somebody else's, or has failed. While Redis is away it is settled again and again.
 */
export function settleAtOnce(
  { entry, routeId, disposal }: Concluded,
  handling: Handling,
  hold: OuterEnd,
  end: (failure?: unknown) => void,
): void {
  const { observer, settler } = handling;
  const settlement = { entry, routes: [routeId], outcomes: [disposal.outcome] };
  const answer = (reply: SettleReply) => {
    if (reply === 'settled') observer.settled(entry, disposal);
    else observer.fenced(settlement);
    end();
  };
  const again = async () => {
    await sleep(FIRST_SETTLE_PAUSE_MS * (0.5 + handling.random()), hold.signal);
    if ((await settleUntilAnswered(settlement, handling, hold)) === 'settled') observer.settled(entry, disposal);
  };
  settler.settleFor(settlement, {
    resolve: answer,
    reject: (error) => {
      if (!isWorthRepeating(error)) return end(error);
      observer.settleFailed(settlement, error);
      void again().then(() => end(), end);
    },
  });
}
