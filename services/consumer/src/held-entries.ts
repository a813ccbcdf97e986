import { Pigeonholes } from '@millrace/core';
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
 * An entry in this process' hands, from its reading until Redis knows what has come of it: what its lease tells others, and
 * whether its handler is to end. A signal is made for whoever asks for one: making it costs more than most handlers take.
 */
export class Hold {
  #running: Lease['running'] = NOTHING_YET;
  #isAtWork = false;
  #isAborted = false;
  #controller: AbortController | undefined;

  constructor(
    readonly entry: AnyEntry,
    /** The entry among those of all partitions. */
    readonly place: string,
    private readonly places: Places,
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

  /** Its handler begins: it takes a place. */
  beginWork(): void {
    this.#isAtWork = true;
    this.places.take();
  }

  /** Nothing is left but to tell Redis what has come of it: another entry may have its place. */
  endWork(): void {
    if (!this.#isAtWork) return;
    this.#isAtWork = false;
    this.places.giveBack();
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

interface Places {
  take(): void;
  giveBack(): void;
}

/**
 * The entries that this process holds. There is a place for so many to be worked on; twice as many again may wait: for one, and
 * for Redis to know what has come of them.
 */
export class HeldEntries {
  /** Which hole each is in: so the tables that a Map leaves behind keep numbers alive, and no entries. */
  readonly #holes = new Map<string, number>();
  readonly #held = new Pigeonholes<Hold>();
  readonly #capacity: number;
  readonly #places: Places = {
    take: () => {
      this.#atWork += 1;
    },
    giveBack: () => {
      this.#atWork -= 1;
      this.#ended += 1;
      this.#onFree();
      this.#wake();
    },
  };
  #atWork = 0;
  #ended = 0;
  #onFree: () => void = () => undefined;
  #whenFree: (() => void)[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Places at which nobody works. */
  get free(): number {
    return this.#capacity - this.#atWork;
  }

  /** How many entries more may be held. */
  get room(): number {
    return 3 * this.#capacity - this.size;
  }

  get hasPlace(): boolean {
    return this.free > 0 && this.room > 0;
  }

  /** How often work has come to an end so far. */
  get ended(): number {
    return this.#ended;
  }

  /** Whom to tell, before anybody else, that a place is free. */
  onFree(listener: () => void): void {
    this.#onFree = listener;
  }

  /** Takes an entry in; it has no place yet. One that is held already has been claimed anew: the old handler's token is void, so it ends. */
  hold(entry: AnyEntry): Hold {
    const place = placeOf(entry);
    this.#take(place)?.abort();
    const hold = new Hold(entry, place, this.#places);
    this.#holes.set(place, this.#held.add(hold));
    return hold;
  }

  /** Of an entry that has been claimed anew since, the other holding stays. */
  letGo(hold: Hold): void {
    if (this.#find(hold.place) === hold) this.#take(hold.place);
    hold.endWork();
    this.#wake();
  }

  /** Ends the handlers of these leases and returns those that had one still. One that has been claimed anew since is another lease, and goes on. */
  abort<L extends LeaseToken>(leases: readonly L[]): L[] {
    return leases.filter(({ ref, entryId, deliveryCount }) => {
      const hold = this.#find(placeOf({ ref, id: entryId }));
      if (hold?.entry.deliveryCount !== deliveryCount) return false;
      hold.abort();
      return true;
    });
  }

  leases(): Lease[] {
    return this.#held.all().map(({ lease }) => lease);
  }

  /** Resolves when a place is free or an entry is let go; at once when none is held or the signal is aborted. */
  async nextLetGo(signal: AbortSignal): Promise<void> {
    if (this.size === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const finish = () => {
        signal.removeEventListener('abort', finish);
        resolve();
      };
      this.#whenFree.push(finish);
      signal.addEventListener('abort', finish);
    });
  }

  #find(place: string): Hold | undefined {
    const hole = this.#holes.get(place);
    return hole === undefined ? undefined : this.#held.at(hole);
  }

  /** Takes out what is held of a place. */
  #take(place: string): Hold | undefined {
    const hold = this.#find(place);
    if (hold === undefined) return undefined;
    this.#held.remove(this.#holes.get(place) ?? -1);
    this.#holes.delete(place);
    return hold;
  }

  #wake(): void {
    if (this.#whenFree.length === 0) return;
    const woken = this.#whenFree;
    this.#whenFree = [];
    for (const wake of woken) wake();
  }
}

/** Two partitions may have entries with the same id. A ref is always of the partition that its entry is in. */
function placeOf({ ref, id }: Pick<AnyEntry, 'ref' | 'id'>): string {
  return `${partitionIn(ref)}-${id}`;
}
