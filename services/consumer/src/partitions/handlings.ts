import type { Event } from '@millrace/events';
import { type Entry, type MalformedEntry, placeOfKey, type Stream } from '@millrace/stream-client';
import type { Handling } from '../handle-entry.js';
import type { WorkedPartitions } from './leases.js';

/** What is each partition's own. */
export type OwnHandling = Pick<Handling, 'settler' | 'effects' | 'lanes'>;
/** What all of them share. */
export type SharedHandling = Omit<Handling, keyof OwnHandling | 'earlierLanes' | 'findElsewhere' | 'stream' | 'home'>;

/** What entries are handled with, by their partitions; made with the first entry of each. */
export class Handlings {
  readonly #partitions: WorkedPartitions;
  readonly #shared: SharedHandling;
  readonly #makeOwn: (stream: Stream) => OwnHandling;
  readonly #made = new Map<Stream, Handling>();

  constructor(partitions: WorkedPartitions, shared: SharedHandling, makeOwn: (stream: Stream) => OwnHandling) {
    this.#partitions = partitions;
    this.#shared = shared;
    this.#makeOwn = makeOwn;
  }

  get random(): () => number {
    return this.#shared.random;
  }

  /** The one for an entry. */
  of({ ref }: Entry | MalformedEntry): Handling {
    const { all, home } = this.#partitions;
    // Where there is one partition, nothing has to be looked up.
    const stream = all.length === 1 ? home : (this.#partitions.ofRef(ref) ?? home);
    return this.#handlingOf(stream);
  }

  #handlingOf(stream: Stream): Handling {
    const known = this.#made.get(stream);
    if (known !== undefined) return known;
    const { home } = this.#partitions;
    const earlierLanes = (event: Event, place?: number) =>
      this.#findEarlier(stream, event, place).map((one) => this.#handlingOf(one).lanes);
    const findElsewhere = (key: string) => this.#placeElsewhere(key, stream);
    const made = { ...this.#shared, ...this.#makeOwn(stream), earlierLanes, findElsewhere, stream, home };
    this.#made.set(stream, made);
    return made;
  }

  #findEarlier(own: Stream, event: Event, place: number | undefined): readonly Stream[] {
    const { earlierFor, earlierAt } = this.#partitions;
    const ofEvent = earlierFor?.(event, own) ?? [];
    const ofKey = place === undefined ? [] : (earlierAt?.(place, own) ?? []);
    return ofKey.length === 0 ? ofEvent : [...new Set([...ofEvent, ...ofKey])];
  }

  /**
   * Where a partition was added, what its own events are waited for in others comes to the key by the outbox. They go the same way,
   * also where they are at home already: otherwise they would stand before it.
   */
  #placeElsewhere(key: string, own: Stream): number | undefined {
    const { all, atPlace, isAdded } = this.#partitions;
    if (all.length === 1 || atPlace === undefined) return undefined;
    const place = placeOfKey(key);
    return atPlace(place) === own && isAdded?.(own) !== true ? undefined : place;
  }

  /** Resolves once every settlement under way has its answer. */
  async drain(): Promise<void> {
    await Promise.all(Array.from(this.#made.values(), ({ settler }) => settler.drain()));
  }
}
