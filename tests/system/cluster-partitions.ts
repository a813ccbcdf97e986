import { type ClusterServer, type RedisCluster, waitUntil } from '@millrace/testing';
import { withRedis } from './replicated-redis.ts';

/** The slot of a partition, in every namespace. */
export async function slotOfPartition({ nodes: [node] }: RedisCluster, partition: number): Promise<number> {
  if (node === undefined) throw new Error('a cluster has nodes');
  return Number(await withRedis(node, (redis) => redis.call('CLUSTER', 'KEYSLOT', `{${partition}}`)));
}

/** Resolves with the primary of a partition once consumers hold entries of it. */
export async function untilHeld(cluster: RedisCluster, partition: number, limitMs: number): Promise<ClusterServer> {
  const slot = await slotOfPartition(cluster, partition);
  return waitUntil(
    async () => {
      const primary = await cluster.primaryOf(slot);
      return (await countPending(primary, partition)) > 0 && primary;
    },
    `entries of partition ${partition} are held`,
    limitMs,
  );
}

function countPending(primary: ClusterServer, partition: number): Promise<number> {
  return withRedis(primary, async (redis) => {
    const [pending] = (await redis.xpending(`millrace:{${partition}}:events`, 'consumers')) as [number];
    return pending;
  });
}
