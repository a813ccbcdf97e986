import { StreamError } from './errors.js';

export interface GroupCommitOptions<Item, Result> {
  /** Carries out many items in one round trip; answers in the same order, or rejects for all of them. */
  readonly commit: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Most items in one round trip. */
  readonly maxBatch: number;
  /** Most bytes in one round trip, as told by `sizeOf`. One item alone may be larger. */
  readonly maxBatchBytes: number;
  readonly sizeOf: (item: Item) => number;
  /** Most items that may wait. Beyond it, `submit` rejects with STREAM_OVERLOADED and nothing happens. */
  readonly maxQueued: number;
  /** Round trips under way at once. While all are taken, items gather for the next one. */
  readonly maxInFlight: number;
}

/**
 * Lets concurrent callers share round trips: what is submitted while a round trip is under way travels with the next.
 * A lone item leaves at the end of the current turn of the event loop, so nobody waits for company.
 */
export class GroupCommit<Item, Result> {
  readonly #options: GroupCommitOptions<Item, Result>;
  #queue: Waiting<Item, Result>[] = [];
  #inFlight = 0;
  #scheduled = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: GroupCommitOptions<Item, Result>) {
    this.#options = options;
  }

  submit(item: Item): Promise<Result> {
    if (this.#queue.length >= this.#options.maxQueued) {
      const message = `${this.#queue.length} writes are waiting for Redis already`;
      return Promise.reject(new StreamError('STREAM_OVERLOADED', message));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ item, resolve, reject });
      this.#schedule();
    });
  }

  /** Resolves once nothing waits and nothing is under way. Later submissions are still taken. */
  async drain(): Promise<void> {
    if (this.#queue.length === 0 && this.#inFlight === 0) return;
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #schedule(): void {
    if (this.#scheduled || this.#inFlight >= this.#options.maxInFlight || this.#queue.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#inFlight < this.#options.maxInFlight && this.#queue.length > 0) void this.#commit(this.#takeBatch());
    });
  }

  #takeBatch(): Waiting<Item, Result>[] {
    let bytes = 0;
    let count = 0;
    for (const { item } of this.#queue) {
      bytes += this.#options.sizeOf(item);
      if (count > 0 && (count >= this.#options.maxBatch || bytes > this.#options.maxBatchBytes)) break;
      count += 1;
    }
    const batch = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    return batch;
  }

  async #commit(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    this.#inFlight += 1;
    try {
      const results = await this.#options.commit(batch.map(({ item }) => item));
      for (const [index, waiting] of batch.entries()) waiting.resolve(results[index] as Result);
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
    this.#inFlight -= 1;
    this.#schedule();
    if (this.#queue.length === 0 && this.#inFlight === 0) for (const wake of this.#whenIdle.splice(0)) wake();
  }
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}
