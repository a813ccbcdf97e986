import { sleep } from '@millrace/core';
import { openSubscription, type Subscription } from '../connection/subscription.js';
import type { Partitions } from '../partitions/partitions.js';
import type { Stream } from '../stream.js';

/** Tells when records of events may have changed. */
export interface RecordWatch {
  /**
   * Resolves at the next change of one of these records, or sooner: also from time to time without one, since a notification can
   * be lost, and when the signal aborts. Ask first, then read the record, then await: a change in between is not missed.
   */
  nextChange(refs: readonly string[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A lost notification delays a waiter by this much, in ms, and no more. */
const SWEEP_MS = 1_000;

/** Opens its connection with the first waiter, so a process in which nobody waits has none. */
export function createRecordWatch(partitions: Pick<Partitions, 'home' | 'ofRef'>): RecordWatch {
  const waiters = new Map<string, Set<() => void>>();
  const channels = new Set<string>();
  let connection: Promise<Subscription | undefined> | undefined;

  const wake = (refs: string) => {
    for (const ref of refs.split(' ')) for (const resolve of waiters.get(ref) ?? []) resolve();
  };
  const subscribe = async (channel: string) => {
    connection ??= connect(partitions.home, wake);
    const subscription = await connection;
    // One that failed is tried again by the next waiter.
    if (subscription === undefined) connection = undefined;
    else if (!channels.has(channel))
      await subscription.subscribe([channel]).then(
        () => channels.add(channel),
        () => undefined,
      );
  };

  return {
    async nextChange(refs, signal) {
      const done = new AbortController();
      const resolveOnChange = () => done.abort();
      for (const ref of refs) {
        const channel = partitions.ofRef(ref)?.keys.changes;
        if (channel !== undefined && !channels.has(channel)) void subscribe(channel);
        waiters.set(ref, (waiters.get(ref) ?? new Set()).add(resolveOnChange));
      }
      try {
        await sleep(SWEEP_MS, AbortSignal.any([signal, done.signal]));
      } finally {
        for (const ref of refs) {
          const sharing = waiters.get(ref);
          sharing?.delete(resolveOnChange);
          if (sharing?.size === 0) waiters.delete(ref);
        }
      }
    },
    async close() {
      (await connection)?.close();
      for (const sharing of waiters.values()) for (const resolve of sharing) resolve();
    },
  };
}

/** Without a subscription, the sweep alone keeps waiters going: slower, never stuck. */
async function connect(stream: Stream, onChange: (refs: string) => void): Promise<Subscription | undefined> {
  try {
    const subscription = await openSubscription(stream);
    subscription.redis.on('smessage', (_channel: string, refs: string) => onChange(refs));
    return subscription;
  } catch {
    return undefined;
  }
}
