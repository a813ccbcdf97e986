import { computed } from '@preact/signals';
import { standing } from '../live/standing';
import type { Tone } from '../parts/state-badge';

/** What waits for somebody, by the path of the screen where it can be seen to. */
export const counts = computed<Readonly<Record<string, { readonly count: number; readonly tone: Tone }>>>(() => {
  const now = standing.value;
  if (now === undefined) return {};
  return {
    'dead-letters': { count: now.deadLetters, tone: 'bad' },
    approvals: { count: now.parked, tone: 'asks' },
  };
});
