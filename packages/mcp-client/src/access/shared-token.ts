import { unlessAborted } from '../deadline.js';

/** A token, and until when it may be used. */
export interface Token {
  readonly value: string;
  /** By the clock that is handed in; undefined for a token without a known end. */
  readonly expiresAtMs?: number;
}

/** Refreshed when this little of its life, in ms, is left, so that no call goes out with one that ends under way. */
const EARLY_MS = 30_000;
/** A lifetime shorter than this, in ms, is used to its half. */
const SHORT_MS = 2 * EARLY_MS;

/**
 * One token for all calls of a server. It is fetched when the first of them needs it, once for all that wait, renewed
 * before it ends, and fetched anew when the server has refused it.
 */
export class SharedToken {
  #current: { readonly token: Token; readonly renewAtMs: number } | undefined;
  #fetching: Promise<Token> | undefined;

  /** `fetch` has to settle within a bounded time. `now` counts in ms, from whenever. */
  constructor(
    private readonly fetch: () => Promise<Token>,
    private readonly now: () => number,
  ) {}

  /** The token; undefined when the signal is aborted first. Rejects as the fetch does. */
  async get(signal: AbortSignal): Promise<string | undefined> {
    if (this.#current !== undefined && this.now() < this.#current.renewAtMs) return this.#current.token.value;
    this.#fetching ??= this.#fetchOnce();
    return (await unlessAborted(this.#fetching, signal))?.value;
  }

  /** The server does not take this one: the next `get` fetches anew. */
  reject(value: string): void {
    if (this.#current?.token.value === value) this.#current = undefined;
  }

  async #fetchOnce(): Promise<Token> {
    try {
      const token = await this.fetch();
      const { expiresAtMs = Number.POSITIVE_INFINITY } = token;
      const lifeMs = expiresAtMs - this.now();
      this.#current = { token, renewAtMs: expiresAtMs - (lifeMs < SHORT_MS ? lifeMs / 2 : EARLY_MS) };
      return token;
    } finally {
      this.#fetching = undefined;
    }
  }
}
