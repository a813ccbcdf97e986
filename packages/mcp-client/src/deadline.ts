/** Why a wait ended before its work did. */
export type Interruption = 'deadline' | 'aborted' | 'closed';

/** One call's time: a signal of its own, so that no listener outlives the call. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether signs of life make any difference. */
  readonly isExtendable: boolean;
  /** Why the signal was aborted; undefined while it is not. */
  interruption(): Interruption | undefined;
  /** Aborts at once. */
  close(): void;
  /** There was a sign of life: counts the time anew, up to the end of the total. */
  extend(): void;
  /** Ends the watch. Call it exactly when the call is over. */
  release(): void;
}

/**
 * Starts a deadline that ends after `timeoutMs`, or earlier with the caller's signal or `close`. Extensions carry it no
 * further than `totalMs`, which is `timeoutMs` by default: then nothing extends it.
 */
export function startDeadline(parent: AbortSignal, timeoutMs: number, totalMs: number = timeoutMs): Deadline {
  const controller = new AbortController();
  let reason: Interruption | undefined;
  const end = (why: Interruption) => {
    reason ??= why;
    controller.abort();
  };
  const onParentAbort = () => end('aborted');
  const startedAt = performance.now();
  let timer = setTimeout(() => end('deadline'), timeoutMs);
  if (parent.aborted) onParentAbort();
  else parent.addEventListener('abort', onParentAbort, { once: true });
  return {
    signal: controller.signal,
    isExtendable: totalMs > timeoutMs,
    interruption: () => reason,
    close: () => end('closed'),
    extend: () => {
      if (reason !== undefined || parent.aborted || totalMs <= timeoutMs) return;
      clearTimeout(timer);
      const leftMs = startedAt + totalMs - performance.now();
      timer = setTimeout(() => end('deadline'), Math.max(0, Math.min(timeoutMs, leftMs)));
    },
    release: () => {
      clearTimeout(timer);
      parent.removeEventListener('abort', onParentAbort);
    },
  };
}

/** The work's result, or undefined when the signal is aborted first; the work itself goes on. Rejects as the work does. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const aborted = Promise.withResolvers<undefined>();
  const onAbort = () => aborted.resolve(undefined);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
