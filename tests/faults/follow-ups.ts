import { type Finding, judgeIds, type SentEvent, type SystemRecord, type WitnessAccount } from '@millrace/cli';

const FOLLOW_UP_TOOL = 'ticket.open';

/** The beginning of the event ids under which the follow-ups of a load call their tool. */
export function followUpPrefix(prefix: string): string {
  return `follow-${prefix}`;
}

/**
 * A settlement that was done twice, or by half, shows here: an event that is done has one follow-up, one that is dead
 * has none, and one whose acceptance nobody knows has one at most.
 */
export function judgeFollowUps(
  sent: readonly SentEvent[],
  records: ReadonlyMap<string, SystemRecord>,
  account: WitnessAccount,
): Finding {
  const effects = new Map<string, number>();
  for (const tally of account.tallies) {
    if (tally.tool === FOLLOW_UP_TOOL) effects.set(tally.eventId, tally.effects);
  }
  const wrong = sent.filter(({ id, acceptance }) => {
    const found = effects.get(followUpPrefix(id)) ?? 0;
    if (acceptance === 'unsure') return found > 1;
    return found !== (records.get(id)?.state === 'done' ? 1 : 0);
  });
  return judgeIds(
    'one-follow-up',
    wrong.map(({ id }) => id),
  );
}
