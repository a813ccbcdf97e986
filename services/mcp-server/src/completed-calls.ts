import { BoundedMap } from './bounded-map.js';

/**
 * What to make of a key: nobody used it before, or its call has (or will have) this answer, or it was used for
 * something else.
 */
export type Recalled<Answer> =
  | { readonly kind: 'new' }
  | { readonly kind: 'repeat'; readonly answer: Promise<Answer> }
  | { readonly kind: 'mismatch' };

/**
 * Remembers, for the last `maxCalls` keyed calls, the arguments and the answer, so that a repeat gets the first answer
 * without a second effect, also while the first is still being carried out. In memory: a restarted server, or one that
 * has seen `maxCalls` newer keys, carries a repeated call out again, and the witness shows it.
 */
export class CompletedCalls<Answer> {
  readonly #calls: BoundedMap<string, { readonly argsDigest: string; readonly answer: Promise<Answer> }>;

  constructor(maxCalls: number = 100_000) {
    this.#calls = new BoundedMap(maxCalls);
  }

  recall(tool: string, key: string, argsDigest: string): Recalled<Answer> {
    const call = this.#calls.get(nameOf(tool, key));
    if (call === undefined) return { kind: 'new' };
    return call.argsDigest === argsDigest ? { kind: 'repeat', answer: call.answer } : { kind: 'mismatch' };
  }

  /** Keeps the answer to come under its key. A call that throws is forgotten: it has no answer to repeat. */
  remember(tool: string, key: string, argsDigest: string, answer: Promise<Answer>): void {
    const name = nameOf(tool, key);
    this.#calls.set(name, { argsDigest, answer });
    answer.catch(() => this.#calls.delete(name));
  }
}

function nameOf(tool: string, key: string): string {
  return `${tool}\n${key}`;
}
