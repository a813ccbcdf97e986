import { toRefusal } from '../api/refusal';
import { keyHeader, type Query, withQuery } from '../api/request';
import { isReachable, wantsKey } from '../api/session';
import { type SentEvent, SseParser } from './parse-sse';

/** Before a stream that ended is opened again, in ms, and at most after many failures. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** The operator says something every 15 s: after so much silence, in ms, the connection is dead without having said so. */
const SILENCE_MS = 40_000;

/**
 * Reads the operator's live stream until the signal is aborted, and opens it again whenever it ends. `fetch` and not
 * `EventSource`, which could not carry the key. `onEvent` is called for each event in turn.
 */
export async function readStream(
  query: Query,
  signal: AbortSignal,
  onEvent: (event: string, data: unknown) => void,
): Promise<void> {
  let lastId: string | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const isOpened = await readOnce(query, lastId, signal, ({ id, event, data }) => {
      lastId = id ?? lastId;
      onEvent(event, JSON.parse(data));
    });
    if (signal.aborted) return;
    if (isOpened) pauseMs = FIRST_PAUSE_MS;
    isReachable.value = false;
    await pause(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

/** Resolves when the stream has ended, with whether it had begun. */
async function readOnce(
  query: Query,
  lastId: string | undefined,
  signal: AbortSignal,
  onEvent: (event: SentEvent) => void,
): Promise<boolean> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  let isOpened = false;
  try {
    const response = await fetch(withQuery('v1/stream', query), {
      headers: { ...keyHeader(), ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (response.status === 401) wantsKey.value = true;
    if (!response.ok || response.body === null) throw await toRefusal(response);
    isOpened = true;
    isReachable.value = true;
    const parser = new SseParser();
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      for (const event of parser.push(piece)) onEvent(event);
    }
  } catch {
    // Refused, cut or silent: whoever called opens it again after a pause.
  } finally {
    clearTimeout(timer);
  }
  return isOpened;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    function end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
    signal.addEventListener('abort', end);
  });
}
