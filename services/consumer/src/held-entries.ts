import type { Entry, Lease, MalformedEntry, ToolProgress } from '@millrace/stream-client';

type AnyEntry = Entry | MalformedEntry;

interface Held {
  readonly lease: Lease;
  readonly controller: AbortController;
}

/**
 * The entries that this process is handling, each with the signal that ends its handler. An entry is held from its
 * reading until its handler has ended.
 */
export class HeldEntries {
  readonly #held = new Map<string, Held>();
  readonly #whenFree: (() => void)[] = [];
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
  hold(entry: AnyEntry): AbortSignal {
    this.#held.get(entry.id)?.controller.abort();
    const controller = new AbortController();
    const lease = { entryId: entry.id, deliveryCount: entry.deliveryCount, ref: entry.ref, running: [] };
    this.#held.set(entry.id, { lease, controller });
    return controller.signal;
  }

  note(entry: AnyEntry, running: Lease['running']): void {
    const held = this.#held.get(entry.id);
    if (held?.lease.deliveryCount === entry.deliveryCount)
      this.#held.set(entry.id, { ...held, lease: { ...held.lease, running } });
  }

  /** Keeps what a delivery said last; how often it says something makes no difference. */
  noteProgress(entry: AnyEntry, route: string, progress: ToolProgress): void {
    const held = this.#held.get(entry.id);
    if (held === undefined) return;
    const running = held.lease.running.map((one) => (one.route === route ? { ...one, progress } : one));
    this.note(entry, running);
  }

  letGo(entry: AnyEntry): void {
    if (this.#held.get(entry.id)?.lease.deliveryCount === entry.deliveryCount) this.#held.delete(entry.id);
    for (const wake of this.#whenFree.splice(0)) wake();
  }

  /** Ends the handlers of these leases and returns those that had one still. One that has been claimed anew since is another lease, and goes on. */
  abort(leases: readonly Pick<Lease, 'entryId' | 'deliveryCount'>[]): Pick<Lease, 'entryId' | 'deliveryCount'>[] {
    return leases.filter(({ entryId, deliveryCount }) => {
      const held = this.#held.get(entryId);
      if (held?.lease.deliveryCount !== deliveryCount) return false;
      held.controller.abort();
      return true;
    });
  }

  leases(): Lease[] {
    return [...this.#held.values()].map(({ lease }) => lease);
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
