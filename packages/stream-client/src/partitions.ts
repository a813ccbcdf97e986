import type { Event } from '@millrace/events';
import { createGroup } from './group.js';
import { partitionIn } from './keys.js';
import { openMap, type PartitionMap } from './partition-map.js';
import { partitionOf } from './partition-of.js';
import { type Link, openLink, type Stream, type StreamOptions, streamOver } from './stream.js';

/** Options of a stream, and how many partitions a new deployment has. */
export type PartitionsOptions = StreamOptions & {
  /** Default 1. Where the deployment has another number already, that one counts. */
  readonly partitions?: number;
};

/** All partitions of a deployment, over connections that they share. */
export interface Partitions extends Link {
  /** How many there are, by what is written in Redis. */
  readonly map: PartitionMap;
  /** Partition 0. It holds besides its own what is of the deployment: the map, pauses, configurations, jobs, the audit. */
  readonly home: Stream;
  /** In the order of their numbers. */
  readonly all: readonly Stream[];
  /** The partition of the event with this ref; undefined for text that is no ref of this deployment. */
  ofRef(ref: string): Stream | undefined;
  /** The partition that an event is appended to. */
  forEvent(event: Pick<Event, 'source' | 'id' | 'attributes'>): Stream;
}

/** Group scripts that are under way at once when there are many partitions. */
const GROUPS_AT_ONCE = 128;

/**
 * Opens all partitions and makes sure that each has its consumer group. The first process of a new deployment writes down
 * how many there are. Throws as `openLink` does.
 */
export async function openPartitions(options: PartitionsOptions): Promise<Partitions> {
  const { partitions: wanted = 1, ...streamOptions } = options;
  const link = await openLink(streamOptions);
  try {
    const map = await openMap(streamOver(link, 0, false), wanted);
    const all = Array.from({ length: map.size }, (_, partition) => streamOver(link, partition, map.size > 1));
    for (let at = 0; at < all.length; at += GROUPS_AT_ONCE)
      await Promise.all(all.slice(at, at + GROUPS_AT_ONCE).map(createGroup));
    return partitionsOver(link, map, all);
  } catch (error) {
    await link.close();
    throw error;
  }
}

function partitionsOver(link: Link, map: PartitionMap, all: readonly Stream[]): Partitions {
  const [home] = all;
  if (home === undefined) throw new Error('a map has at least one partition');
  const byName = new Map(all.map((stream) => [stream.keys.partition, stream]));
  return {
    ...link,
    map,
    home,
    all,
    ofRef: (ref) => byName.get(partitionIn(ref)),
    forEvent: (event) => all[partitionOf(event, map.active.partitions)] ?? home,
  };
}
