import { sleep } from '@millrace/core';
import type { Event } from '@millrace/events';
import { StreamError } from '../errors.js';
import { partitionIn } from '../keys.js';
import { openLink, streamOver } from '../open-stream.js';
import { createGroup } from '../reading/group.js';
import type { Link, Stream, StreamOptions } from '../stream.js';
import { type Epoch, openMap, type PartitionMap, readMap } from './partition-map.js';
import { partitionOf, placeOf } from './partition-of.js';

/** Options of a stream, and how many partitions a new deployment has. */
export type PartitionsOptions = StreamOptions & {
  /** Default 1. Where the deployment has another number already, that one counts. */
  readonly partitions?: number;
};

/** All partitions of a deployment, over connections that they share. There may be more of them after `refresh`. */
export interface Partitions extends Link {
  /** How many there are, by what is written in Redis: as it was read last. */
  readonly map: PartitionMap;
  /** Partition 0. It holds besides its own what is of the deployment: the map, pauses, configurations, the audit. */
  readonly home: Stream;
  /** In the order of their numbers. Another list after there are more; those that were there are the same. */
  readonly all: readonly Stream[];
  /** The partition of the event with this ref; undefined for text that is no ref of this deployment. */
  ofRef(ref: string): Stream | undefined;
  /** As `ofRef`, having read the map again where the ref is of a partition that is not known. Throws STREAM_UNAVAILABLE. */
  findOfRef(ref: string): Promise<Stream | undefined>;
  /** The partition that an event is appended to. */
  forEvent(event: PlacedEvent): Stream;
  /**
   * Partitions to which the event belonged before it belonged to this one, its own unless another is given: it may be there
   * already, or what comes before it. None of a map that is past.
   */
  earlierFor(event: PlacedEvent, own?: Stream): readonly Stream[];
  /** The partition of a place, as `placeOf` and `placeOfKey` give it. */
  atPlace(place: number): Stream;
  /** As `earlierFor`, of what belongs at a place. */
  earlierAt(place: number, own?: Stream): readonly Stream[];
  /** Whether a partition was not there from the beginning. That never changes. */
  isAdded(stream: Stream): boolean;
  /** Reads the map again, and opens what has been added. Calls at the same time share. Throws STREAM_UNAVAILABLE. */
  refresh(): Promise<void>;
  /** Calls back after the map was found changed. Returns the function that ends it. */
  onChange(listener: () => void): () => void;
}

type PlacedEvent = Pick<Event, 'source' | 'id' | 'attributes'>;

/** Group scripts that are under way at once when there are many partitions. */
const GROUPS_AT_ONCE = 128;
/** Pause before a partition that is away at the start is tried again, in ms. */
const RETRY_MS = 250;

/**
 * Opens all partitions and makes sure that each has its consumer group. The first process of a new deployment writes down
 * how many there are. Throws as `openLink` does.
 */
export async function openPartitions(options: PartitionsOptions): Promise<Partitions> {
  const { partitions: wanted = 1, ...streamOptions } = options;
  const link = await openLink(streamOptions);
  try {
    const opened = new OpenPartitions(link);
    const map = await openMap(opened.home, wanted);
    await createGroup(opened.home);
    await untilAvailable(() => opened.take(map), link.settings.connectTimeoutMs);
    return over(link, opened);
  } catch (error) {
    await link.close();
    throw error;
  }
}

/** Of a cluster, a node may be away although it let us in: each partition is waited for as Redis is. */
async function untilAvailable(attempt: () => Promise<void>, limitMs: number): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const mayCome = error instanceof StreamError && error.code === 'STREAM_UNAVAILABLE';
      if (!mayCome || performance.now() > giveUpAt) throw error;
    }
    await sleep(RETRY_MS * (0.5 + Math.random()));
  }
}

const NOWHERE: readonly Stream[] = [];

/** The partitions of the latest map that was read. */
class OpenPartitions {
  readonly home: Stream;
  readonly #link: Link;
  readonly #listeners = new Set<() => void>();
  #map: PartitionMap | undefined;
  readonly #byName = new Map<string, Stream>();
  #all: readonly Stream[];
  #refreshing: Promise<void> | undefined;

  constructor(link: Link) {
    this.#link = link;
    this.home = this.#open(0);
    this.#all = [this.home];
    this.#byName.set(this.home.keys.partition, this.home);
  }

  get map(): PartitionMap {
    if (this.#map === undefined) throw new Error('the map is read before anything else');
    return this.#map;
  }

  get all(): readonly Stream[] {
    return this.#all;
  }

  ofRef(ref: string): Stream | undefined {
    return this.#byName.get(partitionIn(ref));
  }

  async findOfRef(ref: string): Promise<Stream | undefined> {
    const known = this.ofRef(ref);
    if (known !== undefined || !/^\d{1,4}-\d{1,16}-\d{1,16}$/.test(ref)) return known;
    await this.refresh();
    return this.ofRef(ref);
  }

  forEvent(event: PlacedEvent): Stream {
    return this.#all[partitionOf(event, this.map.active.partitions)] ?? this.home;
  }

  atPlace(place: number): Stream {
    return this.#all[place % this.map.active.partitions] ?? this.home;
  }

  earlierFor(event: PlacedEvent, own = this.forEvent(event)): readonly Stream[] {
    return this.map.epochs.length === 1 ? NOWHERE : this.earlierAt(placeOf(event), own);
  }

  earlierAt(place: number, own = this.atPlace(place)): readonly Stream[] {
    // Who has not heard yet that a map became active has partitions of it, and finds what came before them all the same.
    const epochs = this.#inUse;
    if (epochs.length === 1) return NOWHERE;
    const streams = epochs.map(({ partitions }) => this.#all[place % partitions] ?? this.home);
    return [...new Set(streams.slice(0, Math.max(0, streams.lastIndexOf(own))))].filter((stream) => stream !== own);
  }

  isAdded({ keys }: Stream): boolean {
    const [first] = this.map.epochs;
    return first !== undefined && Number(keys.partition) >= first.partitions;
  }

  get #inUse(): readonly Epoch[] {
    return this.map.epochs.filter(({ state }) => state !== 'past');
  }

  refresh(): Promise<void> {
    this.#refreshing ??= this.#readAgain().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Goes by this map from now on. Nobody does before all that is new in it can be used. */
  async take(map: PartitionMap): Promise<void> {
    const added = Array.from({ length: map.size - this.#all.length }, (_, at) => this.#open(this.#all.length + at));
    for (let at = 0; at < added.length; at += GROUPS_AT_ONCE)
      await Promise.all(added.slice(at, at + GROUPS_AT_ONCE).map(createGroup));
    if (added.length > 0) this.#all = [...this.#all, ...added];
    for (const stream of added) this.#byName.set(stream.keys.partition, stream);
    this.#map = map;
  }

  async #readAgain(): Promise<void> {
    const map = await readMap(this.home);
    if (map === undefined || !isNewer(map, this.map)) return;
    await this.take(map);
    for (const listener of this.#listeners) listener();
  }

  #open(partition: number): Stream {
    return streamOver(this.#link, partition, () => this.#all.length > 1);
  }
}

/**
 * Whether a map says anything that another does not. One that was lost with a Redis says nothing new; a change that was only
 * begun may have been lost with one, and another begun instead.
 */
function isNewer(map: PartitionMap, known: PartitionMap): boolean {
  const describe = ({ epoch, partitions, state }: Epoch) => `${epoch} ${partitions} ${state}`;
  const lines = new Set(known.epochs.map(describe));
  const used = known.epochs.filter(({ state }) => state !== 'preparing').map(({ partitions }) => partitions);
  return map.size >= Math.max(...used) && map.epochs.some((one) => !lines.has(describe(one)));
}

function over(link: Link, opened: OpenPartitions): Partitions {
  return {
    ...link,
    home: opened.home,
    get map() {
      return opened.map;
    },
    get all() {
      return opened.all;
    },
    ofRef: (ref) => opened.ofRef(ref),
    findOfRef: (ref) => opened.findOfRef(ref),
    forEvent: (event) => opened.forEvent(event),
    earlierFor: (event, own) => opened.earlierFor(event, own),
    atPlace: (place) => opened.atPlace(place),
    earlierAt: (place, own) => opened.earlierAt(place, own),
    isAdded: (stream) => opened.isAdded(stream),
    refresh: () => opened.refresh(),
    onChange: (listener) => opened.onChange(listener),
  };
}
