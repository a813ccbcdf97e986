import type { Stream } from '../stream.js';
import { askMemory, nodeOf } from './partition-node.js';

/** How old the last look may be before another is due, in ms. */
const LOOK_EVERY_MS = 500;

/** Nodes that are kept in mind. There are never so many at a time, but they come and go. */
const MAX_NODES = 1_000;

interface Seen {
  isHigh: boolean;
  lookedAt: number;
}

/**
 * Tells whether the Redis that has a partition is so full that new events must wait: what is accepted has to be settled,
 * retried and perhaps given up, and that needs room too. Looks in the background while it is asked, at each node for all of
 * its partitions, and never makes the asker wait; without a `maxmemory` in Redis there is no such limit, and while Redis
 * does not answer the last look stands.
 */
export class MemoryGuard {
  readonly #maxRatio: number;
  readonly #nodes = new Map<string, Seen>();

  /** `maxRatio`: share of `maxmemory` in use from which on it says yes. */
  constructor(maxRatio: number) {
    this.#maxRatio = maxRatio;
  }

  isHigh(stream: Stream): boolean {
    const seen = this.#seenOf(nodeOf(stream));
    if (performance.now() - seen.lookedAt >= LOOK_EVERY_MS) {
      seen.lookedAt = performance.now();
      void this.#look(stream, seen);
    }
    return seen.isHigh;
  }

  #seenOf(node: string): Seen {
    let seen = this.#nodes.get(node);
    if (seen === undefined) {
      if (this.#nodes.size >= MAX_NODES) this.#nodes.clear();
      seen = { isHigh: false, lookedAt: Number.NEGATIVE_INFINITY };
      this.#nodes.set(node, seen);
    }
    return seen;
  }

  async #look(stream: Stream, seen: Seen): Promise<void> {
    try {
      const info = await askMemory(stream);
      const limit = numberIn(info, 'maxmemory');
      seen.isHigh = limit > 0 && numberIn(info, 'used_memory') >= this.#maxRatio * limit;
    } catch {
      // The append itself will say that Redis is away.
    }
  }
}

function numberIn(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}
