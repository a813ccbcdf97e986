import type { Stream } from '../stream.js';

/** What a wake-up says: that there is something to read now, or that something waits for a time. */
export type WakeWord = 'new' | 'later';

/**
 * Tells readers that a partition has something for them, after what was put into it. Only a hint, and not waited for:
 * whoever does not hear it finds the same by looking, a little later. Nothing is sent where there is one partition, since
 * its readers wait in Redis itself.
 */
export function wakeReaders({ redis, keys, wakesReaders }: Stream, word: WakeWord = 'new'): void {
  if (wakesReaders) redis.spublish(keys.wake, word).catch(ignore);
}

function ignore(): void {}
