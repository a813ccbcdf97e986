import { constants } from 'node:os';

const SAME_REQUEST_MS = 1_000;

/**
 * @typedef {object} StopRequests
 * @property {AbortSignal} stop aborted by the first SIGINT, SIGTERM or SIGHUP; the reason is the signal's name
 * @property {AbortSignal} kill aborted by a SIGINT more than a second after the last request: the person insists
 */

/**
 * Turns signals into abort signals, so that none of them ends this process by itself. Ctrl-C reaches every process of
 * the terminal and npm passes it on once more; that is one request, which is why a SIGINT counts again only after a
 * second. A command run under the pinned Node is also stopped when the process that started it vanishes.
 * @param {Pick<NodeJS.Process, 'on' | 'channel'>} source this process, or what stands in for it
 * @param {() => number} now milliseconds on a clock that never goes back
 * @returns {StopRequests}
 */
export function listenForStopRequests(source = process, now = () => performance.now()) {
  const stop = new AbortController();
  const kill = new AbortController();
  let lastAt = Number.NEGATIVE_INFINITY;
  /** @param {NodeJS.Signals} signal */
  const request = (signal) => {
    const requestedAt = now();
    if (!stop.signal.aborted) stop.abort(signal);
    else if (signal === 'SIGINT' && requestedAt - lastAt > SAME_REQUEST_MS) kill.abort(signal);
    lastAt = requestedAt;
  };
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) source.on(signal, () => request(signal));
  source.on('disconnect', () => request('SIGTERM'));
  source.channel?.unref();
  return { stop: stop.signal, kill: kill.signal };
}

/**
 * The exit code a shell gives a command that a signal ended.
 * @param {NodeJS.Signals} signal
 */
export function exitCodeOf(signal) {
  return 128 + constants.signals[signal];
}
