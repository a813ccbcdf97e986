import type { Stream } from '@millrace/stream-client';
import type { Sweep } from '../sweep.js';

/** The sweeps of partitions, each with its own cursor and time; made when a partition is first swept. */
export class Sweeps {
  readonly #sweepOf: (stream: Stream) => Sweep;
  readonly #findPending: () => readonly Stream[];
  readonly #made = new Map<Stream, Sweep>();

  /** `findPending` names the partitions in which somebody may have left something. */
  constructor(sweepOf: (stream: Stream) => Sweep, findPending: () => readonly Stream[]) {
    this.#sweepOf = sweepOf;
    this.#findPending = findPending;
  }

  /** Sweeps those whose time it is, one after the other, and resolves at once when it is nobody's. */
  async runIfDue(signal: AbortSignal): Promise<void> {
    for (const stream of this.#findPending()) {
      if (signal.aborted) return;
      let sweep = this.#made.get(stream);
      if (sweep === undefined) {
        sweep = this.#sweepOf(stream);
        this.#made.set(stream, sweep);
      }
      await sweep.runIfDue(signal);
    }
  }
}
