import { createKeys, type Stream } from '@millrace/stream-client';
import type { Cpu } from './cpu.ts';
import { SimulatedConnection } from './redis/connection.ts';
import { RedisNode } from './redis/node.ts';
import { Partition } from './redis/partition.ts';
import type { Costs, Scenario } from './settings.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The Redis side of a simulation: nodes, and the partitions that are spread over them. */
export interface SimulatedCluster {
  readonly time: VirtualTime;
  readonly costs: Costs;
  /** One way, in ms. */
  readonly networkMs: number;
  readonly nodes: readonly RedisNode[];
  readonly partitions: readonly Partition[];
}

export function createCluster(
  time: VirtualTime,
  costs: Costs,
  scenario: Pick<Scenario, 'isSynced' | 'networkMs'>,
  onFinished: (ref: string) => void,
): SimulatedCluster {
  // One partition on one node: partitions share nothing but their node, and nodes nothing.
  const node = new RedisNode(time, costs.redis, scenario.isSynced);
  const nodes = [node];
  const partitions = [new Partition(node, 0, onFinished)];
  return { time, costs, networkMs: scenario.networkMs, nodes, partitions };
}

/** A connection of a process to the node that has a partition, and the stream that our code uses over it. */
export function openConnectionOf(
  { time, costs, networkMs, partitions }: SimulatedCluster,
  cpu: Cpu,
  number: number,
): { connection: SimulatedConnection; stream: Stream } {
  const { node } = partitions[number] as Partition;
  const connection = new SimulatedConnection({
    node,
    partitions: partitions.filter((one) => one.node === node),
    time,
    networkMs,
    cpu,
    replyMicros: (_command, reply) => (reply === null ? 0 : costs.consumer.reply),
  });
  const stream = {
    keys: createKeys('millrace', String(number)),
    settings: { namespace: 'millrace', identityTtlMs: 3_600_000, recordTtlMs: 86_400_000 },
    redis: connection,
    writes: {
      run: (name: string, keys: readonly string[], args: readonly (string | number | Buffer)[]) =>
        connection.script(name, keys, args),
    },
    problems: () => [],
    isReady: () => true,
    close: async () => undefined,
  };
  return { connection, stream: stream as unknown as Stream };
}
