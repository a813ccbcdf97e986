/** What ends an attempt from outside: its event is somebody else's by now, or the process is out of time. */
export interface OuterEnd {
  readonly isAborted: boolean;
  readonly signal: AbortSignal;
}

/**
 * The end of one attempt: its time is over, its event is somebody else's, or it has come to an end by itself. A signal is
 * made for whoever asks for one, and a timer only once the attempt is waited for: most handlers need neither, and making
 * them costs more than they take.
 */
export class AttemptEnd {
  readonly endsAt: number;
  readonly #outer: OuterEnd;
  #timer: NodeJS.Timeout | undefined;
  #onEnd: (() => void) | undefined;
  #controller: AbortController | undefined;
  #isOver: boolean;

  constructor(outer: OuterEnd, timeoutMs: number) {
    this.endsAt = performance.now() + timeoutMs;
    this.#outer = outer;
    this.#isOver = outer.isAborted;
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

  /**
   * From now on time and the outer signal end the attempt. Until this is called nothing but itself does, so call it before
   * anything is waited for. `onEnd` is told once, of whichever end comes first.
   */
  watch(onEnd: () => void): void {
    if (this.#isOver || this.#outer.isAborted) {
      this.end();
      onEnd();
      return;
    }
    this.#onEnd = onEnd;
    this.#timer = setTimeout(this.end, Math.max(0, this.endsAt - performance.now()));
    this.#outer.signal.addEventListener('abort', this.end, { once: true });
  }

  /** Ends it, if nothing has yet. */
  readonly end = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.abort();
    if (this.#onEnd === undefined) return;
    clearTimeout(this.#timer);
    this.#outer.signal.removeEventListener('abort', this.end);
    this.#onEnd();
  };
}
