import { signal } from '@preact/signals';
import { listApprovals } from '../api/approvals';
import { listDeadLetters } from '../api/dead-letters';
import type { Tone } from '../parts/state-badge';

/** What waits for somebody, by the path of the screen where it can be seen to. */
export const counts = signal<Readonly<Record<string, { count: number; isMore?: boolean; tone: Tone }>>>({});

/** Reads what waits for somebody. */
export async function readCounts(signal: AbortSignal): Promise<void> {
  const [letters, approvals] = await Promise.all([listDeadLetters({}, { limit: 100 }, signal), listApprovals(signal)]);
  counts.value = {
    'dead-letters': { count: letters.items.length, isMore: letters.next !== undefined, tone: 'bad' },
    approvals: { count: approvals.items.length, isMore: approvals.next !== undefined, tone: 'asks' },
  };
}
