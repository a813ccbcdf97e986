import { send } from './connection.js';
import type { Stream } from './stream.js';

/** How old the last look may be before another is due, in ms. */
const LOOK_EVERY_MS = 500;

/**
 * Tells whether Redis is so full that new events must wait: what is accepted has to be settled, retried and perhaps given
 * up, and that needs room too. Looks in the background while it is asked, and never makes the asker wait; without a
 * `maxmemory` in Redis there is no such limit, and while Redis does not answer the last look stands.
 */
export class MemoryGuard {
  readonly #stream: Stream;
  readonly #maxRatio: number;
  #isHigh = false;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** `maxRatio`: share of `maxmemory` in use from which on it says yes. */
  constructor(stream: Stream, maxRatio: number) {
    this.#stream = stream;
    this.#maxRatio = maxRatio;
  }

  isHigh(): boolean {
    if (performance.now() - this.#lookedAt >= LOOK_EVERY_MS) {
      this.#lookedAt = performance.now();
      void this.#look();
    }
    return this.#isHigh;
  }

  async #look(): Promise<void> {
    try {
      const info = await send('INFO', this.#stream.redis.info('memory'));
      const limit = numberIn(info, 'maxmemory');
      this.#isHigh = limit > 0 && numberIn(info, 'used_memory') >= this.#maxRatio * limit;
    } catch {
      // The append itself will say that Redis is away.
    }
  }
}

function numberIn(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}
