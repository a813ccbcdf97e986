import { type Finding, judge } from '@millrace/cli';

/** How often something was seen, and how often it had to be. */
export interface EvidenceCount {
  readonly what: string;
  readonly seen: number;
  readonly needed: number;
}

/** Counts what was seen to happen: that a fault struck, and that it hit work in flight. */
export class Evidence {
  readonly #seen = new Map<string, number>();
  readonly #needed: Readonly<Record<string, number>>;

  constructor(needed: Readonly<Record<string, number>>) {
    this.#needed = needed;
  }

  note(what: string, count = 1): void {
    this.#seen.set(what, (this.#seen.get(what) ?? 0) + count);
  }

  seen(what: string): number {
    return this.#seen.get(what) ?? 0;
  }

  /** What was asked for first, then what was noted besides. */
  list(): readonly EvidenceCount[] {
    const names = new Set([...Object.keys(this.#needed), ...this.#seen.keys()]);
    return [...names].map((what) => ({ what, seen: this.seen(what), needed: this.#needed[what] ?? 0 }));
  }

  /** `unknown` for everything of which there was too little: the fault did not bite, so nothing was shown. */
  findings(): readonly Finding[] {
    return this.list()
      .filter(({ needed }) => needed > 0)
      .map(({ what, seen, needed }) => {
        const why = seen >= needed ? undefined : `seen ${seen} times, of ${needed} that are needed`;
        return judge(`evidence: ${what}`, why, 'unknown');
      });
  }
}
