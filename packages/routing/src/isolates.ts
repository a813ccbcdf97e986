import type { Answer, Job } from './engine/isolate-protocol.js';
import { Isolate } from './isolate.js';

interface Waiting {
  readonly job: Job;
  readonly resolve: (answer: Answer) => void;
}

/**
 * A few isolates, started when they are first needed. One expression never has more than one of them, and expressions
 * take turns, so that one which runs into its limit again and again delays the others by no more than their turn.
 */
export class Isolates {
  readonly #size: number;
  /** The jobs of each expression in the order they came; the expression that waits longest for its turn is first. */
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #busy = new Set<string>();
  readonly #idle: Isolate[] = [];
  #running = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Evaluates in an isolate. Always resolves: what goes wrong is an answer. */
  run(job: Job): Promise<Answer> {
    return new Promise((resolve) => {
      const jobs = this.#waiting.get(job.text);
      if (jobs === undefined) this.#waiting.set(job.text, [{ job, resolve }]);
      else jobs.push({ job, resolve });
      this.#startNext();
    });
  }

  #startNext(): void {
    for (const [text, jobs] of this.#waiting) {
      if (this.#running === this.#size) return;
      if (this.#busy.has(text)) continue;
      const next = jobs.shift();
      // To the end of the line, if there is more.
      this.#waiting.delete(text);
      if (jobs.length > 0) this.#waiting.set(text, jobs);
      if (next !== undefined) void this.#carryOut(text, next);
    }
  }

  async #carryOut(text: string, { job, resolve }: Waiting): Promise<void> {
    this.#running += 1;
    this.#busy.add(text);
    const isolate = this.#takeIdle() ?? new Isolate();
    resolve(await isolate.run(job));
    this.#running -= 1;
    this.#busy.delete(text);
    // One that was ended is replaced at once, so that whoever comes next does not wait for its start.
    this.#idle.push(isolate.isUsable ? isolate : new Isolate());
    this.#startNext();
  }

  #takeIdle(): Isolate | undefined {
    while (this.#idle.length > 0) {
      const isolate = this.#idle.pop();
      if (isolate?.isUsable) return isolate;
    }
    return undefined;
  }
}

/** Two: while one is held up until its limit, the other goes on. */
const SIZE = 2;

/** The isolates of this process. */
export const isolates = new Isolates(SIZE);
