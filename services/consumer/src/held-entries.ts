import {
  type Entry,
  type Lease,
  type MalformedEntry,
  partitionIn,
  type RunningDelivery,
  type ToolProgress,
} from '@millrace/stream-client';

type AnyEntry = Entry | MalformedEntry;

/** What tells one holding of an entry from every other. */
export type LeaseToken = Pick<Lease, 'entryId' | 'deliveryCount' | 'ref'>;

/**
 * An entry in this process' hands, from its reading until its handler has ended: what its lease tells others, and whether
 * its handler is to end. A signal is made for whoever asks for one: making it costs more than most handlers take.
 */
export class Hold {
  #running: Lease['running'] = NOTHING_YET;
  #isAborted = false;
  #controller: AbortController | undefined;

  constructor(
    readonly entry: AnyEntry,
    /** The entry among those of all partitions. */
    readonly place: string,
  ) {}

  get isAborted(): boolean {
    return this.#isAborted;
  }

  /** Aborted from the end on. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  get lease(): Lease {
    const { id: entryId, deliveryCount, ref } = this.entry;
    return { entryId, deliveryCount, ref, running: this.#running };
  }

  /** Which deliveries are being worked on: they are `running`. */
  noteRunning(running: readonly RunningDelivery[]): void {
    this.#running = running;
  }

  /** Keeps what a delivery said last; how often it says something makes no difference. */
  noteProgress(route: string, progress: ToolProgress): void {
    this.#running = this.#running.map((one) => (one.route === route ? { ...one, progress } : one));
  }

  /** Ends the handler. */
  abort(): void {
    this.#isAborted = true;
    this.#controller?.abort();
  }
}

const NOTHING_YET: Lease['running'] = [];

/** The entries that this process is handling. */
export class HeldEntries {
  readonly #held = new Map<string, Hold>();
  #whenFree: (() => void)[] = [];
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#held.size;
  }

  get free(): number {
    return this.#capacity - this.#held.size;
  }

  /** Takes an entry in. One that is held already has been claimed anew: the old handler's token is void, so it ends. */
  hold(entry: AnyEntry): Hold {
    const place = placeOf(entry);
    this.#held.get(place)?.abort();
    const hold = new Hold(entry, place);
    this.#held.set(place, hold);
    return hold;
  }

  /** Of an entry that has been claimed anew since, the other holding stays. */
  letGo(hold: Hold): void {
    if (this.#held.get(hold.place) === hold) this.#held.delete(hold.place);
    if (this.#whenFree.length === 0) return;
    const woken = this.#whenFree;
    this.#whenFree = [];
    for (const wake of woken) wake();
  }

  /** Ends the handlers of these leases and returns those that had one still. One that has been claimed anew since is another lease, and goes on. */
  abort<L extends LeaseToken>(leases: readonly L[]): L[] {
    return leases.filter(({ ref, entryId, deliveryCount }) => {
      const hold = this.#held.get(placeOf({ ref, id: entryId }));
      if (hold?.entry.deliveryCount !== deliveryCount) return false;
      hold.abort();
      return true;
    });
  }

  leases(): Lease[] {
    return Array.from(this.#held.values(), ({ lease }) => lease);
  }

  /** Resolves at the next end of a handler, or at once when none is running or the signal is aborted. */
  async nextLetGo(signal: AbortSignal): Promise<void> {
    if (this.#held.size === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const finish = () => {
        signal.removeEventListener('abort', finish);
        resolve();
      };
      this.#whenFree.push(finish);
      signal.addEventListener('abort', finish);
    });
  }
}

/** Two partitions may have entries with the same id. A ref is always of the partition that its entry is in. */
function placeOf({ ref, id }: Pick<AnyEntry, 'ref' | 'id'>): string {
  return `${partitionIn(ref)}-${id}`;
}
