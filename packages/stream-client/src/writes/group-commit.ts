import { StreamError } from '../errors.js';

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
  /**
   * So many items leave once the callback that submitted the last of them has ended, and the turn has not: Redis carries them out
   * while the rest of the turn is worked through. Default: as many as a round trip takes.
   */
  readonly enough?: number;
}

/**
 * Lets concurrent callers share round trips: what is submitted while a round trip is under way travels with the next.
 * A few items leave at the end of the current turn of the event loop, so nobody waits for company; `enough` leave before that,
 * and a full round trip at once.
 */
export class GroupCommit<Item, Result> {
  readonly #options: GroupCommitOptions<Item, Result>;
  #queue: Waiting<Item, Result>[] = [];
  #inFlight = 0;
  readonly #enough: number;
  #isScheduled = false;
  #isLeaving = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: GroupCommitOptions<Item, Result>) {
    this.#options = options;
    this.#enough = options.enough ?? options.maxBatch;
  }

  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => this.submitFor(item, { resolve, reject }));
  }

  /** As `submit`, for callers who have somebody to tell the result to already, and need no promise. */
  submitFor(item: Item, waiter: Waiter<Result>): void {
    if (this.#queue.length >= this.#options.maxQueued) {
      const message = `${this.#queue.length} writes are waiting for Redis already`;
      waiter.reject(new StreamError('STREAM_OVERLOADED', message));
      return;
    }
    this.#queue.push({ item, waiter });
    this.#schedule();
  }

  /** Resolves once nothing waits and nothing is under way. Later submissions are still taken. */
  async drain(): Promise<void> {
    if (this.#queue.length === 0 && this.#inFlight === 0) return;
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  /** Whether something may leave now. */
  get #mayCommit(): boolean {
    return this.#inFlight < this.#options.maxInFlight && this.#queue.length > 0;
  }

  #schedule(): void {
    if (!this.#mayCommit) return;
    if (this.#queue.length >= this.#options.maxBatch) void this.#commit(this.#takeBatch());
    else if (this.#queue.length >= this.#enough) this.#leaveSoon();
    else this.#leaveAtTheEnd();
  }

  #leaveSoon(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    queueMicrotask(() => {
      this.#isLeaving = false;
      if (this.#mayCommit) void this.#commit(this.#takeBatch());
    });
  }

  #leaveAtTheEnd(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      while (this.#mayCommit) void this.#commit(this.#takeBatch());
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
      for (let at = 0; at < batch.length; at++) batch[at]?.waiter.resolve(results[at] as Result);
    } catch (error) {
      for (const { waiter } of batch) waiter.reject(error);
    }
    this.#inFlight -= 1;
    this.#schedule();
    if (this.#queue.length === 0 && this.#inFlight === 0) for (const wake of this.#whenIdle.splice(0)) wake();
  }
}

/** Who is told what became of an item, once. */
export interface Waiter<Result> {
  resolve(result: Result): void;
  reject(error: unknown): void;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly waiter: Waiter<Result>;
}
