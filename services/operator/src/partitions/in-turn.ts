/** Goes round a list, a few at a time, so that however long it is, one look costs the same. */
export class InTurn<T> {
  readonly #list: () => readonly T[];
  readonly #most: number;
  #next = 0;

  /** The list may grow. */
  constructor(list: () => readonly T[], most: number) {
    this.#list = list;
    this.#most = most;
  }

  /** Those whose turn it is; all of them where they are few. */
  take(): readonly T[] {
    const all = this.#list();
    if (all.length <= this.#most) return all;
    const begins = this.#next;
    this.#next = (begins + this.#most) % all.length;
    return Array.from({ length: this.#most }, (_none, n) => all[(begins + n) % all.length] as T);
  }
}

/** Asks something of each, at most so many at the same time; the answers are in their order. */
export async function ofEach<T, R>(all: readonly T[], ask: (one: T) => Promise<R>, atOnce = 32): Promise<R[]> {
  const answers: R[] = [];
  for (let at = 0; at < all.length; at += atOnce)
    answers.push(...(await Promise.all(all.slice(at, at + atOnce).map(ask))));
  return answers;
}
