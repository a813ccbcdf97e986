/**
 * Things that come and go all the time, each in a numbered hole. A Set would do, but for this: it moves to a new table each time
 * it has been added to often enough, and the old table points to the new one. Once one of them has lived long, all that follow
 * live as long, with everything that was in them, and the garbage collector copies it all. A hole keeps nothing alive once it is
 * empty, and is used again: there are as many as were ever full at once.
 */
export class Pigeonholes<T> {
  readonly #things: (T | undefined)[] = [];
  readonly #empty: number[] = [];

  get size(): number {
    return this.#things.length - this.#empty.length;
  }

  /** The number of the hole that it is in from now on. */
  add(thing: T): number {
    const hole = this.#empty.pop() ?? this.#things.length;
    this.#things[hole] = thing;
    return hole;
  }

  /** Undefined for a hole that is empty, or never was. */
  at(hole: number): T | undefined {
    return this.#things[hole];
  }

  /** Takes out what is in a hole, if anything is. */
  remove(hole: number): void {
    if (this.#things[hole] === undefined) return;
    this.#things[hole] = undefined;
    this.#empty.push(hole);
  }

  /** All of them, in no order. */
  all(): T[] {
    return this.#things.filter((thing) => thing !== undefined);
  }
}
