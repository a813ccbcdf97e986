/** Longest that a call waits for room, in ms: a server that answers at all makes some sooner. */
const MAX_WAIT_MS = 500;

/** Calls that wait for their server to have room, first come first served. */
export class RoomQueue {
  readonly #waiting = new Set<() => void>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** True once it is this call's turn; false when that takes too long, or the signal is aborted first. */
  wait(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (isTurn: boolean) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.#waiting.delete(take);
        resolve(isTurn);
      };
      const take = () => end(true);
      const giveUp = () => end(false);
      const timer = setTimeout(giveUp, MAX_WAIT_MS);
      this.#waiting.add(take);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** It is the first one's turn. */
  wakeNext(): void {
    const [take] = this.#waiting;
    take?.();
  }
}
