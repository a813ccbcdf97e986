import { useEffect, useRef, useState } from 'preact/hooks';
import { Refusal } from '../api/refusal';

/** What a screen shows: the latest value that could be had, and why there is no later one. */
export interface Live<Value> {
  readonly value: Value | undefined;
  readonly refusal: Refusal | undefined;
  /** Reads again now, because something was changed. */
  readonly refresh: () => void;
}

/**
 * Reads something now, and again `everyMs` after each answer while the page is looked at. One request is under way at a
 * time, and it ends with the screen. The value is kept while later ones are refused, and dropped when `inputs` change.
 */
export function useLive<Value>(
  load: (signal: AbortSignal, known: Value | undefined) => Promise<Value>,
  everyMs: number,
  inputs: readonly unknown[],
): Live<Value> {
  const [state, setState] = useState<{ value?: Value; refusal?: Refusal }>({});
  const wake = useRef(() => {});

  useEffect(() => {
    const ended = new AbortController();
    let known: Value | undefined;
    setState({});
    const repeat = async () => {
      while (!ended.signal.aborted) {
        let isStale = false;
        const nextRead = new Promise<void>((resolve) => {
          wake.current = () => {
            isStale = true;
            resolve();
          };
        });
        try {
          known = await load(ended.signal, known);
          // What was asked for before something was changed does not show the change.
          if (!ended.signal.aborted && !isStale) setState({ value: known });
        } catch (error) {
          if (ended.signal.aborted) return;
          if (!(error instanceof Refusal)) throw error;
          setState((last) => ({ ...last, refusal: error }));
        }
        if (!isStale) await Promise.race([nextRead, untilLookedAt(everyMs, ended.signal)]);
      }
    };
    void repeat();
    return () => ended.abort();
  }, inputs);

  return { value: state.value, refusal: state.refusal, refresh: () => wake.current() };
}

/** Resolves after a while, and not before the page is looked at; at once when the signal is aborted. */
function untilLookedAt(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', check);
      signal.removeEventListener('abort', end);
      resolve();
    };
    let isDue = false;
    const check = () => {
      if (isDue && !document.hidden) end();
    };
    const timer = setTimeout(() => {
      isDue = true;
      check();
    }, ms);
    document.addEventListener('visibilitychange', check);
    signal.addEventListener('abort', end);
  });
}
