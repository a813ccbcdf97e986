/**
 * The end of one attempt: its time is over, its event is somebody else's, or it has come to an end by itself. A signal is
 * made for whoever asks for one: most handlers never do, and making it costs more than they take.
 */
export class AttemptEnd {
  readonly endsAt: number;
  readonly #outer: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #onEnd: () => void;
  #controller: AbortController | undefined;
  #isOver = false;

  /** `onEnd` is told once, of whichever end comes first. `outer` ends the attempt as its time does. */
  constructor(outer: AbortSignal, timeoutMs: number, onEnd: () => void) {
    this.endsAt = performance.now() + timeoutMs;
    this.#outer = outer;
    this.#onEnd = onEnd;
    this.#timer = setTimeout(this.end, timeoutMs);
    if (outer.aborted) this.end();
    else outer.addEventListener('abort', this.end, { once: true });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Aborted from the end on. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isOver) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** Ends it, if nothing has yet. */
  readonly end = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.end);
    this.#controller?.abort();
    this.#onEnd();
  };
}
