/** Why a wait ended before its work did. */
export type Interruption = 'deadline' | 'aborted' | 'closed';

/** One call's time: a signal of its own, so that no listener outlives the call. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Why the signal was aborted; undefined while it is not. */
  interruption(): Interruption | undefined;
  /** Aborts at once. */
  close(): void;
  /** Ends the watch. Call it exactly when the call is over. */
  release(): void;
}

/** Starts a deadline that ends after `timeoutMs`, or earlier with the caller's signal or `close`. */
export function startDeadline(parent: AbortSignal, timeoutMs: number): Deadline {
  const controller = new AbortController();
  let reason: Interruption | undefined;
  const end = (why: Interruption) => {
    reason ??= why;
    controller.abort();
  };
  const onParentAbort = () => end('aborted');
  const timer = setTimeout(() => end('deadline'), timeoutMs);
  if (parent.aborted) onParentAbort();
  else parent.addEventListener('abort', onParentAbort, { once: true });
  return {
    signal: controller.signal,
    interruption: () => reason,
    close: () => end('closed'),
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
