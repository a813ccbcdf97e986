import { nodeOf, type Partitions, type Stream } from '@millrace/stream-client';

/** The name of the one Redis that there is outside of a cluster. */
const ONLY = 'primary';

/** A Redis that takes the writes of some partitions. */
export interface RedisNode {
  /** `host:port` in a cluster, else `primary`. */
  readonly name: string;
  /** Never none; by the first of them it is asked. */
  readonly streams: readonly [Stream, ...Stream[]];
}

/** Knows which Redis has which partitions; one that is away goes on by the name that it had. */
export class RedisNodes {
  readonly #partitions: Pick<Partitions, 'all'>;
  readonly #lastSeen = new Map<Stream, string>();

  constructor(partitions: Pick<Partitions, 'all'>) {
    this.#partitions = partitions;
  }

  /** Every one that has a partition, in the order of their partitions. Does not wait. */
  list(): readonly RedisNode[] {
    const byName = Map.groupBy(this.#partitions.all, (stream) => this.#nameFor(stream));
    return [...byName].flatMap(([name, [first, ...others]]) =>
      first === undefined ? [] : [{ name, streams: [first, ...others] as const }],
    );
  }

  #nameFor(stream: Stream): string {
    const name = nodeOf(stream) || this.#lastSeen.get(stream) || ONLY;
    this.#lastSeen.set(stream, name);
    return name;
  }
}
