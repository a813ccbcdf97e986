/** An entry of a stream. */
export interface LogEntry {
  readonly id: string;
  /** Its place since the beginning, by which entries are compared. */
  readonly place: number;
  /** The event's ref: its own, or that of the event which it puts back. */
  readonly ref: string;
  readonly fields: readonly Buffer[];
  holder?: string;
  deliveryCount: number;
  touchedAt: number;
  isAcknowledged: boolean;
}

/** A stream with its one group: entries in order, whom they were delivered to, and which of them are settled. */
export class EventLog {
  readonly #byId = new Map<string, LogEntry>();
  /** From the oldest that is not settled on. */
  #entries: LogEntry[] = [];
  #firstPlace = 0;
  /** The first entry that nobody has read. */
  #nextPlace = 0;
  #pending = 0;
  #lastMs = 0;
  #lastNumber = 0;

  get unread(): number {
    return this.#firstPlace + this.#entries.length - this.#nextPlace;
  }

  get pending(): number {
    return this.#pending;
  }

  add(nowMs: number, toRef: (id: string) => string, fields: readonly Buffer[]): LogEntry {
    this.#lastNumber = nowMs > this.#lastMs ? 0 : this.#lastNumber + 1;
    this.#lastMs = Math.max(nowMs, this.#lastMs);
    const id = `${this.#lastMs}-${this.#lastNumber}`;
    const place = this.#firstPlace + this.#entries.length;
    const entry = { id, place, ref: toRef(id), fields, deliveryCount: 0, touchedAt: 0, isAcknowledged: false };
    this.#entries.push(entry);
    this.#byId.set(id, entry);
    return entry;
  }

  find(id: string): LogEntry | undefined {
    return this.#byId.get(id);
  }

  readNext(consumer: string, maxCount: number, now: number): LogEntry[] {
    const at = this.#nextPlace - this.#firstPlace;
    const read = this.#entries.slice(at, at + maxCount);
    for (const entry of read) this.hold(entry, consumer, now, 1);
    this.#nextPlace += read.length;
    this.#pending += read.length;
    return read;
  }

  hold(entry: LogEntry, consumer: string, now: number, deliveryCount: number): void {
    entry.holder = consumer;
    entry.deliveryCount = deliveryCount;
    entry.touchedAt = now;
  }

  /** The entry if this consumer holds it with this count. */
  held(id: string, consumer: string, deliveryCount: string): LogEntry | undefined {
    const entry = this.#byId.get(id);
    const isHeld = entry !== undefined && this.isPending(entry) && entry.holder === consumer;
    return isHeld && String(entry.deliveryCount) === deliveryCount ? entry : undefined;
  }

  isPending(entry: LogEntry): boolean {
    return !entry.isAcknowledged && entry.place < this.#nextPlace;
  }

  /** Settled. Calls back for what is now behind everything that is not: the real stream keeps that for the retention. */
  acknowledge(entry: LogEntry, onGone: (entry: LogEntry) => void): void {
    entry.isAcknowledged = true;
    this.#pending -= 1;
    let gone = 0;
    while (this.#entries[gone]?.isAcknowledged) gone += 1;
    // Moving the rest costs, so it is done for many at once.
    if (gone < 256 && gone < this.#entries.length) return;
    for (const old of this.#entries.splice(0, gone)) {
      this.#byId.delete(old.id);
      onGone(old);
    }
    this.#firstPlace += gone;
  }

  /** Those pending from an id on, in order, looked at until so many were. */
  scan(fromId: string, maxLooked: number): { readonly entries: LogEntry[]; readonly next: string } {
    const entries: LogEntry[] = [];
    let at = this.indexAfter(fromId, true);
    const end = this.#nextPlace - this.#firstPlace;
    for (; at < end && entries.length < maxLooked; at++) {
      const entry = this.#entries[at] as LogEntry;
      if (!entry.isAcknowledged) entries.push(entry);
    }
    return { entries, next: at < end ? (this.#entries[at] as LogEntry).id : '0-0' };
  }

  oldestPending(): LogEntry | undefined {
    const oldest = this.#entries.find(({ isAcknowledged }) => !isAcknowledged);
    return oldest !== undefined && oldest.place < this.#nextPlace ? oldest : undefined;
  }

  lastRead(): string {
    return this.#entries[this.#nextPlace - this.#firstPlace - 1]?.id ?? `${this.#lastMs}-${this.#lastNumber}`;
  }

  /** Entries after one id and up to another, in order. */
  range(afterId: string, upToId: string, maxCount: number): LogEntry[] {
    const from = this.indexAfter(afterId, false);
    const to = this.indexAfter(upToId, false);
    return this.#entries.slice(from, Math.min(to, from + maxCount));
  }

  /** Where entries with ids beyond this one begin; with `isIncluded`, that one too. */
  indexAfter(id: string, isIncluded: boolean): number {
    const known = this.#byId.get(id);
    if (known !== undefined) return known.place - this.#firstPlace + (isIncluded ? 0 : 1);
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isAfter((this.#entries[middle] as LogEntry).id, id)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Whether an entry id comes after another. */
export function isAfter(a: string, b: string): boolean {
  const [aMs = 0, aNumber = 0] = a.split('-').map(Number);
  const [bMs = 0, bNumber = 0] = b.split('-').map(Number);
  return aMs > bMs || (aMs === bMs && aNumber > bNumber);
}
