import type { EventAccount } from './event-account.js';

/**
 * How many events had their first effect before that of an event that was accepted before they were posted. Order is
 * promised by no route that `verify` sends events along, so this is told and not judged.
 */
export function countReordered(events: readonly EventAccount[]): number {
  const steps = events.flatMap(({ sent, firstEffect }) => {
    if (sent.order === undefined || firstEffect === undefined) return [];
    return [{ ...sent.order, firstEffect }];
  });
  const byAcceptance = steps.filter(isAccepted).sort((one, other) => one.acceptedAt - other.acceptedAt);
  let latestEffect = 0;
  let at = 0;
  let count = 0;
  for (const { postedAt, firstEffect } of steps.sort((one, other) => one.postedAt - other.postedAt)) {
    for (
      let before = byAcceptance[at];
      before !== undefined && before.acceptedAt < postedAt;
      before = byAcceptance[at]
    ) {
      latestEffect = Math.max(latestEffect, before.firstEffect);
      at += 1;
    }
    if (firstEffect < latestEffect) count += 1;
  }
  return count;
}

function isAccepted<T extends { readonly acceptedAt?: number }>(step: T): step is T & { readonly acceptedAt: number } {
  return step.acceptedAt !== undefined;
}
