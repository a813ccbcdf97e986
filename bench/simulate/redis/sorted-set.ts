interface Scored {
  readonly score: number;
  readonly member: string;
}

/** A sorted set of Redis, as far as deliveries that wait need one. */
export class SortedSet {
  readonly #scores = new Map<string, number>();
  /** By score; what left the front stays there until it is the larger part. */
  #sorted: Scored[] = [];

  get size(): number {
    return this.#scores.size;
  }

  score(member: string): number | undefined {
    return this.#scores.get(member);
  }

  add(member: string, score: number): boolean {
    const isNew = !this.#scores.has(member);
    this.#scores.set(member, score);
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] as Scored).score <= score) low = middle + 1;
      else high = middle;
    }
    this.#sorted.splice(low, 0, { score, member });
    return isNew;
  }

  remove(member: string): boolean {
    return this.#scores.delete(member);
  }

  /** The first members whose scores are at most so much. */
  upTo(score: number, maxCount: number): string[] {
    let gone = 0;
    const found: string[] = [];
    for (const one of this.#sorted) {
      if (one.score > score || found.length >= maxCount) break;
      if (this.#scores.get(one.member) === one.score) found.push(one.member);
      else if (found.length === 0) gone += 1;
    }
    if (gone > 0) this.#sorted.splice(0, gone);
    return found;
  }

  /** The lowest score of all; undefined where there is none. */
  lowest(): number | undefined {
    const [member] = this.upTo(Number.POSITIVE_INFINITY, 1);
    return member === undefined ? undefined : this.#scores.get(member);
  }
}
