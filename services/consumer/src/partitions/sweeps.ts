import type { Logger } from '@millrace/runtime';
import { type Stream, StreamError } from '@millrace/stream-client';
import type { Heartbeat } from '../heartbeat.js';
import type { Sweep } from '../sweep.js';

/** The sweeps of partitions, each with its own cursor and time; made when a partition is first swept. */
export class Sweeps {
  readonly #sweepOf: (stream: Stream) => Sweep;
  readonly #findPending: () => readonly Stream[];
  readonly #heartbeat: Pick<Heartbeat, 'isIdleTrusted' | 'noteMissed'>;
  readonly #logger: Logger;
  readonly #hasRoom: () => boolean;
  readonly #made = new Map<Stream, Sweep>();

  /** `findPending` names the partitions in which somebody may have left something; `hasRoom` tells whether to take more. */
  constructor(
    sweepOf: (stream: Stream) => Sweep,
    findPending: () => readonly Stream[],
    heartbeat: Pick<Heartbeat, 'isIdleTrusted' | 'noteMissed'>,
    logger: Logger,
    hasRoom: () => boolean,
  ) {
    this.#hasRoom = hasRoom;
    this.#sweepOf = sweepOf;
    this.#findPending = findPending;
    this.#heartbeat = heartbeat;
    this.#logger = logger;
  }

  /**
   * Sweeps those whose time it is, one after the other, and resolves at once when it is nobody's. One that could not be
   * swept is left out until it answers. Throws STREAM_GROUP_MISSING.
   */
  async runIfDue(signal: AbortSignal): Promise<void> {
    for (const stream of this.#findPending()) {
      // What there is no place for is left to consumers that have one.
      if (signal.aborted || !this.#hasRoom()) return;
      if (!this.#heartbeat.isIdleTrusted(stream)) continue;
      let sweep = this.#made.get(stream);
      if (sweep === undefined) {
        sweep = this.#sweepOf(stream);
        this.#made.set(stream, sweep);
      }
      try {
        await sweep.runIfDue(signal);
      } catch (error) {
        // Whoever reads makes the group anew.
        if (error instanceof StreamError && error.code === 'STREAM_GROUP_MISSING') throw error;
        this.#heartbeat.noteMissed(stream);
        this.#logger.warn({ err: error, partition: stream.keys.partition }, 'could not look for what others have left');
        // Each that does not answer takes its time: new entries are read in between.
        return;
      }
    }
  }
}
