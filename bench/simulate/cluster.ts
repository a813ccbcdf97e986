import type { StreamOptions } from '@millrace/stream-client';
import { Command } from 'ioredis';
import type { Cpu } from './cpu.ts';
import { SimulatedConnection } from './redis/connection.ts';
import { RedisNode } from './redis/node.ts';
import { Partition } from './redis/partition.ts';
import type { SimulatedRedis } from './redis/redis.ts';
import type { Costs, Scenario } from './settings.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The Redis side of a simulation: nodes, and the partitions that are spread over them. */
export interface SimulatedCluster extends SimulatedRedis {
  readonly costs: Costs;
  readonly partitions: readonly Partition[];
}

type Size = Pick<Scenario, 'partitions' | 'nodes' | 'isSpread' | 'isSynced' | 'networkMs'>;

export function createCluster(
  time: VirtualTime,
  costs: Costs,
  { partitions: count, nodes: size, isSpread, isSynced, networkMs }: Size,
  onFinished: (ref: string) => void,
): SimulatedCluster {
  const nodes = Array.from({ length: size }, () => new RedisNode(time, costs.redis, isSynced));
  const partitions = Array.from({ length: count }, (_none, number) => {
    const place = isSpread ? number % size : placeOf(number, size);
    return new Partition(nodes[place] as RedisNode, number, onFinished);
  });
  const home = partitions[0] as Partition;
  const partitionOf = (key = '{0}') => {
    const partition = partitions[Number(/\{(\d+)\}/.exec(key)?.[1])];
    if (partition === undefined) throw new Error(`no partition has the key ${key}`);
    return partition;
  };
  return {
    time,
    costs,
    networkMs,
    nodes,
    partitions,
    partitionOf: (key) => (key === undefined ? home : partitionOf(key)),
  };
}

const SLOTS = 16_384;

/** The node that has a partition in a cluster whose slots nobody has moved: each has as many, one after the other. */
function placeOf(partition: number, nodes: number): number {
  const slot = new Command('get', [`{${partition}}`]).getSlot();
  return Math.min(nodes - 1, Math.floor((slot * nodes) / SLOTS));
}

/** How a process reaches this cluster, and the connections that it has opened so far. */
export function reach(
  cluster: SimulatedCluster,
  cpu: Cpu,
): { readonly options: StreamOptions; readonly connections: readonly SimulatedConnection[] } {
  const connections: SimulatedConnection[] = [];
  const durability = cluster.nodes[0]?.isSynced === true ? 'fsync' : 'memory';
  const connect = async () => {
    const connection = new SimulatedConnection(cluster, cpu, cluster.costs.consumer);
    connections.push(connection);
    return connection;
  };
  return { options: { redisUrl: 'redis://simulated', durability, connect }, connections };
}
