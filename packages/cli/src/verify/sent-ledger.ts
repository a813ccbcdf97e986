import type { SentEvent } from './history.js';
import type { PostAnswer } from './post-answer.js';

interface Line {
  readonly id: string;
  readonly type: string;
  readonly isCanary: boolean;
  readonly refs: Set<string>;
  unsure: boolean;
  duplicateAnswers: number;
  order: { readonly postedAt: number; readonly acceptedAt?: number } | undefined;
}

/** The sender's own account. A line is there before its event is sent, so that nothing can run that it does not know. */
export class SentLedger {
  readonly #lines = new Map<string, Line>();
  /** Begin of every post that has no answer yet. Insertion order is by time. */
  readonly #open = new Map<symbol, number>();
  readonly #now: () => number;
  /** Grows with every post and every answer. */
  #steps = 0;

  /** `now`: milliseconds on a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#lines.size;
  }

  open(id: string, type: string, isCanary: boolean): void {
    this.#lines.set(id, { id, type, isCanary, refs: new Set(), unsure: false, duplicateAnswers: 0, order: undefined });
  }

  /** Notes that a post goes out. The answer is given to what is returned. */
  begin(id: string): (answer: PostAnswer) => void {
    const post = Symbol(id);
    this.#open.set(post, this.#now());
    const begun = this.#lines.get(id);
    if (begun !== undefined) begun.order ??= { postedAt: ++this.#steps };
    return (answer) => {
      this.#open.delete(post);
      const line = this.#lines.get(id);
      if (line === undefined) throw new Error(`${id} was sent before it was written down`);
      if (answer.kind === 'unsure') line.unsure = true;
      if (answer.kind !== 'accepted') return;
      line.refs.add(answer.ref);
      line.order = { postedAt: 0, acceptedAt: ++this.#steps, ...line.order };
      if (answer.isDuplicate) line.duplicateAnswers += 1;
    };
  }

  /** For how long the post that has waited longest has been without an answer, in ms. 0 when none is open. */
  longestWaitMs(): number {
    const [first] = this.#open.values();
    return first === undefined ? 0 : this.#now() - first;
  }

  list(): readonly SentEvent[] {
    return [...this.#lines.values()].map(({ refs, unsure, order, ...line }) => ({
      ...line,
      ...(order === undefined ? {} : { order }),
      refs: [...refs],
      acceptance: refs.size > 0 ? 'accepted' : unsure ? 'unsure' : 'refused',
    }));
  }
}
