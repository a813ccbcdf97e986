/** How often each answer of one conversation was asked for: at the place of the answer's number. */
export type AskedByAnswer = readonly number[];

/** A page of what was counted. `next` is for the page after it. */
export interface CountsPage {
  readonly counts: Readonly<Record<string, AskedByAnswer>>;
  readonly next?: number;
}

/**
 * Counts questions by what their conversation is about, in memory, for up to `maxSubjects` of them. Questions about others
 * only enter `uncounted`; as long as that is 0, the counts are complete.
 */
export class QuestionCounts {
  uncounted = 0;
  readonly #bySubject = new Map<string, number[]>();
  /** In the order in which they were first asked about, so that a page can say where the next one starts. */
  readonly #subjects: string[] = [];
  readonly #maxSubjects: number;

  constructor(maxSubjects: number) {
    this.#maxSubjects = maxSubjects;
  }

  get subjects(): number {
    return this.#subjects.length;
  }

  /** Counts a question for the answer of that number, from 0. */
  add(subject: string, answer: number): void {
    const counts = this.#countsOf(subject);
    if (counts === undefined) {
      this.uncounted += 1;
      return;
    }
    while (counts.length <= answer) counts.push(0);
    counts[answer] = (counts[answer] ?? 0) + 1;
  }

  /** Up to `limit` subjects after the first `after` of them. */
  page(after: number, limit: number): CountsPage {
    const subjects = this.#subjects.slice(after, after + limit);
    const counts = Object.fromEntries(subjects.map((subject) => [subject, this.#bySubject.get(subject) ?? []]));
    const next = after + subjects.length;
    return next < this.#subjects.length ? { counts, next } : { counts };
  }

  #countsOf(subject: string): number[] | undefined {
    const known = this.#bySubject.get(subject);
    if (known !== undefined || this.#subjects.length >= this.#maxSubjects) return known;
    const counts: number[] = [];
    this.#bySubject.set(subject, counts);
    this.#subjects.push(subject);
    return counts;
  }
}
