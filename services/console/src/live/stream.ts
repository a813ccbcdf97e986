import { effect, signal } from '@preact/signals';
import type { Query } from '../api/request';
import { wantsKey } from '../api/session';
import { readStream } from './read-stream';

/** Takes no event at all, and is told how things stand all the same. */
const NO_EVENTS: Query = { type: '-' };

const wanted = signal(NO_EVENTS);
const isLookedAt = signal(!document.hidden);
const listeners = new Set<(event: string, data: unknown) => void>();

document.addEventListener('visibilitychange', () => {
  isLookedAt.value = !document.hidden;
});

// One stream for each tab that is looked at: a browser opens six connections to one host, and all tabs share them.
effect(() => {
  const query = wanted.value;
  if (!isLookedAt.value || wantsKey.value) return;
  const ended = new AbortController();
  void readStream(query, ended.signal, (event, data) => {
    for (const listener of listeners) listener(event, data);
  });
  return () => ended.abort();
});

/** Tells the listener of everything on the stream, until the function that it returns is called. */
export function listen(listener: (event: string, data: unknown) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Has the stream carry the events of a query, until the function that it returns is called. */
export function follow(query: Query): () => void {
  wanted.value = query;
  return () => {
    if (wanted.value === query) wanted.value = NO_EVENTS;
  };
}
