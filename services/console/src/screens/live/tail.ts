import type { EventItem } from '../../api/event-list';

/** Events that the page shows, and so many it keeps. */
export const MAX_ITEMS = 100;
/** News between two looks from which on nothing is pointed out any more: everything would be. */
const MANY_NEWS = 20;

/** What there is to see of a tail. */
export interface TailView {
  /** What came in last comes first. */
  readonly items: readonly EventItem[];
  /** News that were left out by the operator. */
  readonly dropped: number;
  /** News since it was last shown. */
  readonly waiting: number;
  /** Whether there is so much news that the eye cannot follow it row by row. */
  readonly isRushing: boolean;
}

/** The latest events, each as it is now. Bounded, however much comes in. */
export class Tail {
  /** In the order in which they came in. */
  readonly #items = new Map<string, EventItem>();
  #dropped = 0;
  #waiting = 0;
  #shown: TailView | undefined;

  get waiting(): number {
    return this.#waiting;
  }

  add(item: EventItem): void {
    this.#shown = undefined;
    this.#waiting += 1;
    // An event that changes stays where it is, or rows would dance under the pointer.
    this.#items.set(item.ref, item);
    if (this.#items.size <= MAX_ITEMS) return;
    for (const oldest of this.#items.keys()) {
      this.#items.delete(oldest);
      break;
    }
  }

  drop(count: number): void {
    this.#shown = undefined;
    this.#dropped += count;
  }

  /** The same view as before while nothing has happened. */
  show(): TailView {
    const isRushing = this.#waiting > MANY_NEWS;
    this.#waiting = 0;
    this.#shown ??= { items: [...this.#items.values()].reverse(), dropped: this.#dropped, waiting: 0, isRushing };
    return this.#shown;
  }
}
