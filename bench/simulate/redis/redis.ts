import type { VirtualTime } from '../virtual-time.ts';
import type { RedisNode } from './node.ts';
import type { Partition } from './partition.ts';

/** The modelled Redis as connections see it. */
export interface SimulatedRedis {
  readonly time: VirtualTime;
  /** One way, in ms. */
  readonly networkMs: number;
  readonly nodes: readonly RedisNode[];
  /** The partition that a key or a channel is of; the home partition for what names none. */
  partitionOf(key: string | undefined): Partition;
}
