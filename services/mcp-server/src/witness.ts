import { AppendFile } from './append-file.js';
import { MockError } from './errors.js';
import { type EventTally, WitnessCounts } from './witness-counts.js';
import { parseEntry, type Stop, type ToolCallFacts, type WitnessEntry } from './witness-entry.js';

/** Entries between two remembered file offsets: a page is found by reading at most this many lines too many. */
const INDEX_EVERY = 256;
/** Lines one page may look at while searching for its kind. */
const MAX_SCANNED = 20_000;

/** Some entries, and the `n` to ask for next; absent when this page reached the end of what is written. */
export interface Page {
  readonly items: readonly WitnessEntry[];
  readonly next?: number;
}

/**
 * The mock's own log of every tool call that arrived and every effect it performed, kept in a file of JSON lines that
 * is only ever appended to. Judge a platform by it: `n` has no gaps, also across restarts and crashes, and an entry is
 * with the operating system before its call is answered. One process per file.
 */
export class Witness {
  readonly #counts: WitnessCounts;
  readonly #now: () => Date;
  readonly #index: number[] = [];
  #lastN = 0;
  #file: AppendFile | undefined;

  private constructor(now: () => Date, maxEvents: number) {
    this.#now = now;
    this.#counts = new WitnessCounts(maxEvents);
  }

  /**
   * Opens the file, or creates it, and counts what is there, so that `n` continues. A torn last line is cut off: its
   * call was never answered. Throws `MockError` WITNESS_DAMAGED when any other line is not the next entry.
   */
  static async open(path: string, now: () => Date, maxEvents: number = 250_000): Promise<Witness> {
    const witness = new Witness(now, maxEvents);
    witness.#file = await AppendFile.open(path, (line, offset, length) => {
      const entry = parseEntry(line);
      if (entry?.n !== witness.#lastN + 1)
        throw new MockError('WITNESS_DAMAGED', `${path}: entry ${witness.#lastN + 1} is not where it should be`);
      witness.#count(entry, { offset, length });
    });
    return witness;
  }

  /** Notes a call that arrived, and what stopped it short of its tool. Answers its `n`. */
  recordRequest(call: ToolCallFacts, stopped?: Stop): number {
    return this.#append({ kind: 'request', ...fieldsOf(call), ...(stopped === undefined ? {} : { stopped }) });
  }

  /** Notes an effect of the call that was noted as `requestN`. */
  recordEffect(call: ToolCallFacts, requestN: number): number {
    return this.#append({ kind: 'effect', ...fieldsOf(call), requestN });
  }

  /** Resolves once everything noted so far survives this process. Rejects with WITNESS_UNWRITABLE if it never will. */
  written(): Promise<void> {
    return this.#opened().written();
  }

  /** Reasons why this witness can no longer be trusted; empty while all is well. */
  problems(): readonly string[] {
    const failure = this.#file?.failure;
    return failure === undefined ? [] : [failure.message];
  }

  /** Totals over the whole file. While `uncounted` is 0, the counts by event leave nothing out. */
  summary() {
    const { totals, events, uncounted } = this.#counts;
    return { lastN: this.#lastN, ...totals, events, uncounted };
  }

  /** One event's tally and its entries, oldest first; `truncated` when there are more than are listed. */
  async entriesOf(eventId: string): Promise<EventTally & { items: WitnessEntry[]; truncated: boolean }> {
    const tally = this.#counts.of(eventId);
    const places = this.#counts.placesOf(eventId);
    await this.written();
    const items: WitnessEntry[] = [];
    for (let at = 0; at < places.length; at += 2) {
      const entry = parseEntry(await this.#opened().lineAt(places[at] ?? 0, places[at + 1] ?? 0));
      if (entry !== undefined) items.push(entry);
    }
    return { ...tally, items, truncated: tally.requests + tally.effects > items.length };
  }

  /** Entries of one kind with `n` greater than `after`, in order. A page may be short and still have a `next`. */
  async page(kind: WitnessEntry['kind'], after: number, limit: number): Promise<Page> {
    await this.written();
    const items: WitnessEntry[] = [];
    let lastSeen = after;
    let scanned = 0;
    const start = this.#index[Math.floor(after / INDEX_EVERY)];
    if (start === undefined) return { items };
    const end = this.#lastN;
    await this.#opened().readFrom(start, (line) => {
      const entry = parseEntry(line);
      if (entry === undefined || entry.n > end) return false;
      if (entry.n > after) {
        if (entry.kind === kind) items.push(entry);
        lastSeen = entry.n;
      }
      scanned += 1;
      return items.length < limit && scanned < MAX_SCANNED;
    });
    return { items, ...(lastSeen < end ? { next: lastSeen } : {}) };
  }

  /** Tallies by event id, in the order events were first seen, after the first `after` of them. */
  counts(after: number, limit: number): { counts: Record<string, EventTally>; uncounted: number; next?: number } {
    const ids = this.#counts.idsAfter(after, limit);
    const next = after + ids.length;
    return {
      counts: Object.fromEntries(ids.map((id) => [id, this.#counts.of(id)])),
      uncounted: this.#counts.uncounted,
      ...(next < this.#counts.events ? { next } : {}),
    };
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  #append(facts: DistributiveOmit<WitnessEntry, 'n' | 'at'>): number {
    const entry: WitnessEntry = { n: this.#lastN + 1, at: this.#now().toISOString(), ...facts };
    this.#count(entry, this.#opened().append(JSON.stringify(entry)));
    return entry.n;
  }

  #count(entry: WitnessEntry, place: { readonly offset: number; readonly length: number }): void {
    if (this.#lastN % INDEX_EVERY === 0) this.#index.push(place.offset);
    this.#lastN = entry.n;
    this.#counts.add(entry, place);
  }

  #opened(): AppendFile {
    if (this.#file === undefined) throw new Error('the witness is used before it was opened');
    return this.#file;
  }
}

type DistributiveOmit<T, Name extends PropertyKey> = T extends unknown ? Omit<T, Name> : never;

function fieldsOf({ tool, eventId, key, argsDigest }: ToolCallFacts) {
  return { tool, eventId, ...(key === undefined ? {} : { key }), argsDigest };
}
