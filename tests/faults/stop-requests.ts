/** Longer than it takes to stop a system, in ms, and shorter than `millrace verify --self-test` waits for its rig. */
const STOP_MS = 10_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Aborts when this process is told to stop. It is then up to it to end what it has started and exit; however often it is
 * told, it has time for that, and past ten seconds it exits as it is.
 */
export function listenForStop(): AbortSignal {
  const stop = new AbortController();
  const begin = (name: string) => {
    if (stop.signal.aborted) return;
    stop.abort(new Error(name));
    setTimeout(() => process.exit(1), STOP_MS).unref();
  };
  for (const name of SIGNALS) process.on(name, () => begin(name));
  return stop.signal;
}
