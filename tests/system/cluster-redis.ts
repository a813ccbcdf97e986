import {
  type ClusterServer,
  type RedisCluster,
  type RedisServer,
  startRedisCluster,
  TcpProxy,
} from '@millrace/testing';
import { behindAddress } from './behind-address.ts';

/** The slot of partition 0, in every namespace. */
export const HOME_SLOT = 13_907;

/** A Redis Cluster, and an address that is pointed at whoever has partition 0. */
export interface ClusterRedis {
  readonly cluster: RedisCluster;
  /** For `startSystem`: stopping it stops the cluster. The test's own connection goes over its address. */
  readonly server: RedisServer;
  /** The settings by which services find the cluster. */
  readonly env: Readonly<Record<string, string>>;
  /** Points the address at whoever has partition 0 now, and ends the connections over it. */
  follow(): Promise<ClusterServer>;
}

/** Starts three primaries with a replica each. `nodeTimeoutMs`: silence after which a node is taken for dead. */
export async function startClusterRedis(nodeTimeoutMs = 3_000): Promise<ClusterRedis> {
  const cluster = await startRedisCluster({ nodeTimeoutMs });
  let current = await cluster.primaryOf(HOME_SLOT);
  const address = await TcpProxy.open(current.port);
  const server = behindAddress(
    address,
    () => current,
    cluster.nodes,
    () => cluster.stop(),
  );
  return {
    cluster,
    server,
    env: { REDIS_CLUSTER_NODES: cluster.addresses },
    follow: async () => {
      current = await cluster.primaryOf(HOME_SLOT);
      address.pointTo(current.port);
      address.reset();
      return current;
    },
  };
}
