import type { Logger, Metrics } from '@millrace/runtime';
import { type Entry, GROUP, type Lease, type MalformedEntry, type ToolProgress } from '@millrace/stream-client';
import { type Handling, handleEntry } from './handle-entry.js';
import type { HeldEntries } from './held-entries.js';

/** Runs the handler of one entry. Resolves when it has ended, however it ended; never rejects. */
export type RunHandler = (entry: Entry | MalformedEntry) => Promise<void>;

/** Handlers hold their entries from their beginning to their end. What fails in one is logged, and its entry stays pending. */
export function createRunHandler(handling: Handling, held: HeldEntries, logger: Logger, metrics: Metrics): RunHandler {
  const group = { messaging_consumer_group_name: GROUP };
  const consumed = metrics.consumedMessages.labels(group);
  const processed = metrics.processDuration.labels(group);
  return async (entry) => {
    const startedAt = performance.now();
    consumed.inc();
    let failed: typeof processed | undefined;
    const signal = held.hold(entry);
    metrics.inflight.set(held.size);
    try {
      const notes = {
        noteRunning: (running: Lease['running']) => held.note(entry, running),
        noteProgress: (route: string, progress: ToolProgress) => held.noteProgress(entry, route, progress),
      };
      await handleEntry(entry, handling, notes, signal);
    } catch (error) {
      failed = metrics.processDuration.labels({ ...group, error_type: 'unexpected' });
      logger.error({ ref: entry.ref, entryId: entry.id, err: error }, 'handling failed; the entry stays pending');
    }
    (failed ?? processed).observe((performance.now() - startedAt) / 1_000);
    held.letGo(entry);
    metrics.inflight.set(held.size);
  };
}
