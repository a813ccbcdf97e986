import type { Logger, Metrics } from '@millrace/runtime';
import { type Entry, GROUP, type MalformedEntry } from '@millrace/stream-client';
import { type CallAhead, callAhead } from './call-ahead.js';
import type { HeldConfiguration } from './configuration/configuration.js';
import { type Begun, beginAtOnce } from './handle-at-once.js';
import { type Handling, handleEntry } from './handle-entry.js';
import type { HeldEntries, Hold } from './held-entries.js';
import type { Disposal } from './outcome.js';
import type { Handlings } from './partitions/handlings.js';
import { settleAtOnce } from './settle-at-once.js';

/** Runs the handlers of entries. */
export interface EntryHandlers {
  /** Resolves when the handler of one entry has ended, however it ended; never rejects. */
  run(entry: Entry | MalformedEntry): Promise<void>;
  /** Begins the handlers of all entries of a read, those for which there is no place as places become free; never throws. */
  begin(entries: readonly (Entry | MalformedEntry)[]): void;
  /** Entries that wait for a place. */
  readonly waiting: number;
  /** Gives up those that wait for a place, and holds them no longer. From then on nothing is begun: call it again for what comes. */
  giveUpWaiting(): Hold[];
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
    const conclude = (known: Disposal) => {
      try {
        if (hold.isAborted) endIt();
        else settleAtOnce({ entry, routeId, disposal: known }, handling, hold, endIt);
      } catch (error) {
        // An outcome that cannot be written down. It must not be taken for a failure of whoever made room for it.
        endIt(error);
      }
      hold.endWork();
    };
    if (disposal instanceof Promise) void disposal.then(conclude, endIt);
    else conclude(disposal);
  };

  const beginOne = (hold: Hold, configuration: SharedConfiguration, startedAt: number, ahead?: CallAhead) => {
    const { entry } = hold;
    hold.beginWork();
    let begun: Begun | undefined;
    let handling: Handling;
    try {
      handling = handlings.of(entry);
      begun =
        entry.kind === 'entry' && handling.tracing === undefined
          ? beginAtOnce(entry, configuration.held, handling, hold, ahead)
          : undefined;
    } catch (error) {
      return end(hold, startedAt, error);
    }
    if (entry.kind === 'entry' && begun !== undefined)
      return goOn(entry, begun, configuration, handling, hold, startedAt);
    // What was recorded ahead is in its record now: that has to be read.
    void runHeld(entry.kind === 'entry' && ahead !== undefined ? { ...entry, wasHeld: true } : entry, hold, startedAt);
  };

  /** Makes the calls of these ready, where that can be done before there is a place. */
  const prepareAhead = (newcomers: readonly Waiting[]) => {
    const [first] = newcomers;
    if (first === undefined) return;
    const configuration = new SharedConfiguration(handlings.of(first.hold.entry).configurations.hold());
    for (const one of newcomers) {
      const call = callOf(one.hold, configuration);
      if (call === undefined) continue;
      configuration.share();
      one.ready = { call, configuration };
    }
    configuration.release();
  };

  const callOf = ({ entry }: Hold, { held: known }: SharedConfiguration): CallAhead | undefined => {
    try {
      const handling = handlings.of(entry);
      return entry.kind === 'entry' && handling.tracing === undefined ? callAhead(entry, known, handling) : undefined;
    } catch {
      // It fails once more when it has a place, and there that is told.
      return undefined;
    }
  };

  let waiting: Waiting[] = [];
  let isFilling = false;
  let isClosed = false;

  /** Begins those that wait, while there are places. A handler that ends at once gives its place to the next. */
  const fillPlaces = () => {
    const [first] = waiting;
    if (first === undefined || isFilling || isClosed || held.free <= 0) return;
    isFilling = true;
    const startedAt = performance.now();
    const configuration = new SharedConfiguration(handlings.of(first.hold.entry).configurations.hold());
    let taken = 0;
    try {
      for (const { hold, ready } of waiting) {
        if (held.free <= 0) break;
        taken += 1;
        // Its lease was lost meanwhile.
        if (hold.isAborted) held.letGo(hold);
        else beginOne(hold, ready?.configuration ?? configuration, startedAt, ready?.call);
        ready?.configuration.release();
      }
    } finally {
      waiting = waiting.slice(taken);
      configuration.release();
      isFilling = false;
    }
  };
  held.onFree(fillPlaces);

  return {
    run: (entry) => {
      // It stays pending, and others claim it.
      if (isClosed) return Promise.resolve();
      consumed.inc();
      const hold = held.hold(entry);
      hold.beginWork();
      return runHeld(entry, hold, performance.now());
    },
    begin: (entries) => {
      if (entries.length === 0) return;
      consumed.inc(entries.length);
      for (const entry of entries) waiting.push({ hold: held.hold(entry), ready: undefined });
      fillPlaces();
      prepareAhead(waiting.slice(-entries.length));
      metrics.inflight.set(held.size);
    },
    get waiting() {
      return waiting.length;
    },
    giveUpWaiting: () => {
      isClosed = true;
      const given = waiting;
      waiting = [];
      for (const { hold, ready } of given) {
        ready?.configuration.release();
        held.letGo(hold);
      }
      return given.map(({ hold }) => hold);
    },
  };
}

/** An entry that waits for a place, with its call and what that was made ready under, where it was. */
interface Waiting {
  readonly hold: Hold;
  ready: { readonly call: CallAhead; readonly configuration: SharedConfiguration } | undefined;
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
