import type { Event } from '@millrace/events';
import { AnchorIndex } from './anchor-index.js';
import { anchorsOf } from './filter-anchors.js';
import type { Route } from './route.js';

/**
 * The routes of a configuration, arranged so that finding those for an event costs about the same among a thousand as
 * among ten. Only filters that name no attribute positively (`not`, `all: []`) are tried one by one.
 */
export class RouteTable {
  readonly #byId: ReadonlyMap<string, Route>;
  readonly #index = new AnchorIndex<number>();
  /** Positions of the routes that the index cannot help with. */
  readonly #rest: number[] = [];

  constructor(readonly all: readonly Route[]) {
    this.#byId = new Map(all.map((route) => [route.id, route]));
    for (const [position, { on }] of all.entries()) {
      const anchors = anchorsOf(on);
      if (anchors === undefined) this.#rest.push(position);
      else for (const anchor of anchors) this.#index.add(anchor, position);
    }
  }

  get size(): number {
    return this.all.length;
  }

  find(id: string): Route | undefined {
    return this.#byId.get(id);
  }

  /** The routes whose `on` accepts the event, in the order of the file. */
  accepting(event: Event): Route[] {
    const found = this.#index.find(event);
    // Nearly always one or none, which need no putting in order.
    const isInOrder = this.#rest.length + found.length < 2;
    const positions = isInOrder
      ? this.#rest.concat(found)
      : [...new Set([...this.#rest, ...found])].sort((a, b) => a - b);
    return positions.flatMap((position) => {
      const route = this.all[position];
      return route?.accepts(event) ? [route] : [];
    });
  }
}
