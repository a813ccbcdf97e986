import type { Logger, Metrics } from '@millrace/runtime';
import type { Entry, MalformedEntry } from '@millrace/stream-client';
import { type Handling, handleEntry } from './handle-entry.js';
import type { HeldEntries } from './held-entries.js';

/** Runs the handler of one entry. Resolves when it has ended, however it ended; never rejects. */
export type RunHandler = (entry: Entry | MalformedEntry) => Promise<void>;

/** Handlers hold their entries from their beginning to their end. What fails in one is logged, and its entry stays pending. */
export function createRunHandler(handling: Handling, held: HeldEntries, logger: Logger, metrics: Metrics): RunHandler {
  return async (entry) => {
    const signal = held.hold(entry);
    metrics.inflight.set(held.size);
    try {
      await handleEntry(entry, handling, (running) => held.note(entry, running), signal);
    } catch (error) {
      logger.error({ ref: entry.ref, entryId: entry.id, err: error }, 'handling failed; the entry stays pending');
    }
    held.letGo(entry);
    metrics.inflight.set(held.size);
  };
}
