import type { Logger, Metrics } from '@millrace/runtime';
import { type Entry, GROUP, type MalformedEntry } from '@millrace/stream-client';
import type { HeldConfiguration } from './configuration/configuration.js';
import { type Begun, beginAtOnce } from './handle-at-once.js';
import { type Handling, handleEntry, settleDisposals } from './handle-entry.js';
import type { HeldEntries, Hold } from './held-entries.js';
import type { Handlings } from './partitions/handlings.js';
import { settleAtOnce } from './settle-at-once.js';

/** Runs the handlers of entries. */
export interface EntryHandlers {
  /** Resolves when the handler of one entry has ended, however it ended; never rejects. */
  run(entry: Entry | MalformedEntry): Promise<void>;
  /** Begins the handlers of all entries of a read; never throws. */
  begin(entries: readonly (Entry | MalformedEntry)[]): void;
}

/** Handlers hold their entries from their beginning to their end. What fails in one is logged, and its entry stays pending. */
export function createEntryHandlers(
  handlings: Pick<Handlings, 'of'>,
  held: HeldEntries,
  logger: Logger,
  metrics: Metrics,
): EntryHandlers {
  const group = { messaging_consumer_group_name: GROUP };
  const consumed = metrics.consumedMessages.labels(group);
  const processed = metrics.processDuration.labels(group);
  metrics.inflight.set(0);

  const end = (hold: Hold, startedAt: number, failure?: unknown) => {
    const isFailed = failure !== undefined;
    if (isFailed) {
      const { ref, id: entryId } = hold.entry;
      logger.error({ ref, entryId, err: failure }, 'handling failed; the entry stays pending');
    }
    const duration = isFailed ? metrics.processDuration.labels({ ...group, error_type: 'unexpected' }) : processed;
    duration.observe((performance.now() - startedAt) / 1_000);
    held.letGo(hold);
    metrics.inflight.set(held.size);
  };

  const runHeld = async (entry: Entry | MalformedEntry, hold: Hold, startedAt: number) => {
    let failure: unknown;
    try {
      const handling = handlings.of(entry);
      await handleEntry(entry, handling, hold);
    } catch (error) {
      failure = error;
    }
    end(hold, startedAt, failure);
  };

  /** Goes on with what was begun; its entry is let go at the end. */
  const goOn = (
    entry: Entry,
    begun: Begun,
    configuration: SharedConfiguration,
    handling: Handling,
    hold: Hold,
    startedAt: number,
  ) => {
    const endIt = (failure?: unknown) => {
      configuration.release();
      end(hold, startedAt, failure);
    };
    configuration.share();
    const { routeId, disposal } = begun;
    if (!(disposal instanceof Promise)) return settleAtOnce({ entry, routeId, disposal }, handling, hold, endIt);
    const settled = disposal.then((known) =>
      hold.isAborted ? undefined : settleDisposals(entry, [routeId], [known], configuration.held, handling, hold),
    );
    void settled.then(() => endIt(), endIt);
  };

  const beginOne = (entry: Entry | MalformedEntry, configuration: SharedConfiguration, startedAt: number) => {
    const hold = held.hold(entry);
    const handling = handlings.of(entry);
    let begun: Begun | undefined;
    try {
      begun =
        entry.kind === 'entry' && handling.tracing === undefined
          ? beginAtOnce(entry, configuration.held, handling, hold)
          : undefined;
    } catch (error) {
      return end(hold, startedAt, error);
    }
    if (entry.kind === 'entry' && begun !== undefined)
      return goOn(entry, begun, configuration, handling, hold, startedAt);
    void runHeld(entry, hold, startedAt);
  };

  return {
    run: (entry) => {
      consumed.inc();
      return runHeld(entry, held.hold(entry), performance.now());
    },
    begin: (entries) => {
      const [first] = entries;
      if (first === undefined) return;
      consumed.inc(entries.length);
      const startedAt = performance.now();
      const configuration = new SharedConfiguration(handlings.of(first).configurations.hold());
      for (const entry of entries) beginOne(entry, configuration, startedAt);
      configuration.release();
      metrics.inflight.set(held.size);
    },
  };
}

/** One holding of a configuration for all entries of a read; given back by the last of them. */
class SharedConfiguration {
  #users = 1;

  constructor(readonly held: HeldConfiguration) {}

  share(): void {
    this.#users += 1;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0) this.held.release();
  }
}
