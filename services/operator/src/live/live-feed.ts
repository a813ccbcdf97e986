import { sleep } from '@millrace/core';
import type { Logger } from '@millrace/runtime';
import type { EventSummary, FoundEvent, Partitions } from '@millrace/stream-client';
import { summarizeAll, Tails } from '../partitions/newest.js';
import type { Changes } from './changes.js';

/** How often readers are told, in ms. */
export const TELL_EVERY_MS = 250;
/** Events that are told about at a time: more than anybody can read. */
const MAX_TOLD = 40;
/** Changed records that are remembered until then. */
const MAX_REMEMBERED = 1_000;

/** What has happened since the readers were told last. */
export interface Flow {
  readonly events: readonly EventSummary[];
  /** Events that had news as well, and were passed over. */
  readonly dropped: number;
  /** Where the stream was. */
  readonly entryId: string;
}

/**
 * Tells whoever listens which events came in and what became of which, four times a second. Under pressure it tells of the
 * latest, and how many it left out. While nobody listens it does nothing.
 */
export class LiveFeed {
  readonly #partitions: Partitions;
  readonly #changes: Changes;
  readonly #logger: Logger;
  readonly #listeners = new Set<(flow: Flow) => void>();
  readonly #changed = new Set<string>();
  #dropped = 0;
  #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor({ partitions, changes, logger }: { partitions: Partitions; changes: Changes; logger: Logger }) {
    this.#partitions = partitions;
    this.#changes = changes;
    this.#logger = logger;
  }

  /** Returns the function that ends it. */
  listen(onFlow: (flow: Flow) => void): () => void {
    this.#listeners.add(onFlow);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      this.#listeners.delete(onFlow);
      if (this.#listeners.size === 0) this.#stopping.abort();
    };
  }

  /** Resolves when nothing is asked of Redis any more. */
  async stop(): Promise<void> {
    this.#listeners.clear();
    this.#stopping.abort();
    await this.#running;
  }

  #start(): void {
    const stopping = new AbortController();
    this.#stopping = stopping;
    const before = this.#running;
    this.#running = before.then(() => this.#repeat(stopping.signal));
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    const unlisten = this.#changes.listen((refs) => this.#remember(refs));
    const tails = new Tails(this.#partitions);
    let hasBegun = false;
    while (!signal.aborted) {
      try {
        if (hasBegun) await this.#tell(tails);
        else await tails.begin();
        hasBegun = true;
      } catch (error) {
        this.#logger.debug({ err: error }, 'nothing can be told about the stream');
      }
      await sleep(TELL_EVERY_MS, signal);
    }
    unlisten();
    this.#changed.clear();
    this.#dropped = 0;
  }

  #remember(refs: readonly string[]): void {
    for (const ref of refs) {
      if (this.#changed.size < MAX_REMEMBERED) this.#changed.add(ref);
      else this.#dropped += 1;
    }
  }

  async #tell(tails: Tails): Promise<void> {
    const { found, skipped, entryId } = await tails.look(MAX_TOLD);
    const changed = [...this.#changed];
    let dropped = this.#dropped + skipped;
    this.#changed.clear();
    this.#dropped = 0;
    const known = new Set(found.map(({ ref }) => ref));
    const latest = changed.filter((ref) => !known.has(ref)).map((ref): FoundEvent => ({ ref }));
    // Oldest first, as they happened: what is new comes after what has changed.
    const told = [...latest, ...found].slice(-MAX_TOLD);
    dropped += latest.length + found.length - told.length;
    const summaries = await summarizeAll(this.#partitions, told);
    const events = summaries.flatMap((summary) => (summary === undefined ? [] : [summary]));
    if (events.length === 0 && dropped === 0) return;
    for (const listener of this.#listeners) listener({ events, dropped, entryId });
  }
}
