import { computed } from '@preact/signals';
import { pauses } from '../live/pauses';
import { standing } from '../live/standing';
import type { Tone } from '../parts/state-badge';

/** What waits for somebody, or is paused, by the path of the screen where it can be seen to. */
export const counts = computed<
  Readonly<Record<string, { readonly count: number; readonly tone: Tone; readonly word: string }>>
>(() => {
  const now = standing.value;
  if (now === undefined) return {};
  const pausedOf = (kind: string) => (pauses.value ?? []).filter((one) => one.kind === kind).length;
  return {
    routes: { count: pausedOf('route'), tone: 'warn', word: 'paused' },
    servers: { count: pausedOf('server'), tone: 'warn', word: 'paused' },
    'dead-letters': { count: now.deadLetters, tone: 'bad', word: 'given up' },
    approvals: { count: now.parked, tone: 'asks', word: 'waiting' },
  };
});
