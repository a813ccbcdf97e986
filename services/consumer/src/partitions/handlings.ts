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
    const earlierLanes = (event: Event) => {
      const earlier = this.#partitions.earlierFor?.(event, stream) ?? [];
      return earlier.map((one) => this.#handlingOf(one).lanes);
    };
    const findElsewhere = (key: string) => this.#placeElsewhere(key, stream);
    const made = { ...this.#shared, ...this.#makeOwn(stream), earlierLanes, findElsewhere, stream, home };
    this.#made.set(stream, made);
    return made;
  }

  #placeElsewhere(key: string, own: Stream): number | undefined {
    const { all, atPlace } = this.#partitions;
    if (all.length === 1 || atPlace === undefined) return undefined;
    const place = placeOfKey(key);
    return atPlace(place) === own ? undefined : place;
  }

  /** Resolves once every settlement under way has its answer. */
  async drain(): Promise<void> {
    await Promise.all(Array.from(this.#made.values(), ({ settler }) => settler.drain()));
  }
}
