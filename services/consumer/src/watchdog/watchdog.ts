import { Worker } from 'node:worker_threads';

/** What the thread is started with. */
export interface WatchdogSetup {
  /** Counts the beats of the main thread, and wraps round. */
  readonly beats: SharedArrayBuffer;
  readonly maxBlockedMs: number;
}

export interface Watchdog {
  stop(): Promise<void>;
}

/** How many beats fit into the bound: the event loop is found blocked within a quarter more than it. */
const BEATS_PER_BOUND = 4;

/**
 * Watches the event loop of this process from a thread of its own, and ends the process, as a crash would, once the loop
 * has not turned for `maxBlockedMs`. Nothing in the process could: a blocked loop answers no signal and renews no lease.
 * Others then claim what it held, and an event that does this to every consumer is a suspect, handled alone and given up
 * after its starts. A process that was stopped or starved as a whole is not blocked.
 */
export function startWatchdog(maxBlockedMs: number): Watchdog {
  const beats = new SharedArrayBuffer(4);
  const counter = new Int32Array(beats);
  const beat = setInterval(() => Atomics.add(counter, 0, 1), Math.ceil(maxBlockedMs / BEATS_PER_BOUND));
  beat.unref();
  const workerData: WatchdogSetup = { beats, maxBlockedMs };
  const thread = new Worker(new URL('./watchdog-thread.js', import.meta.url), { workerData, name: 'watchdog' });
  thread.unref();
  return {
    stop: async () => {
      clearInterval(beat);
      await thread.terminate();
    },
  };
}
