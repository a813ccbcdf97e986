import type { Partition } from './redis/partition.ts';
import type { VirtualTime } from './virtual-time.ts';

/** How long it takes until nothing is left of what killed consumers held. */
export class Recovery {
  readonly #left = new Set<string>();
  #beganAt = 0;
  #tookMs: number | undefined;

  readonly #time: VirtualTime;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** Undefined until it is over. */
  get tookMs(): number | undefined {
    return this.#tookMs;
  }

  begin(killed: ReadonlySet<string>, partitions: readonly Partition[]): void {
    this.#beganAt = this.#time.nowMs;
    for (const { log } of partitions) {
      for (const { ref, holder } of log.scan('0-0', Number.POSITIVE_INFINITY).entries)
        if (holder !== undefined && killed.has(holder)) this.#left.add(ref);
    }
  }

  finished(ref: string): void {
    if (this.#left.delete(ref) && this.#left.size === 0) this.#tookMs = this.#time.nowMs - this.#beganAt;
  }
}
