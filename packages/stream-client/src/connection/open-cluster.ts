import { withDeadline } from '@millrace/core';
import { StreamError } from '../errors.js';
import { Cluster } from './cluster.js';
import { ClusterConnection } from './cluster-connection.js';
import { nameOf, slotOf } from './cluster-map.js';
import type { ConnectionSettings, ConnectionUse } from './create-connection.js';

/** The slot of partition 0, in every namespace. Commands without a key are about it. */
export const HOME_SLOT = slotOf('{0}');

/** As `openConnection`, where Redis is a cluster. */
export async function openClusterConnection(
  settings: ConnectionSettings,
  use: ConnectionUse,
): Promise<ClusterConnection> {
  const cluster = new Cluster(settings);
  const connection = new ClusterConnection(cluster, use, HOME_SLOT, () => cluster.close());
  const ready = new Promise<void>((resolve) => {
    if (connection.status === 'ready') resolve();
    else connection.once('ready', () => resolve());
  });
  try {
    const { clusterNodes, connectTimeoutMs } = settings;
    const names = clusterNodes.map(nameOf).join(', ');
    await withDeadline(ready, connectTimeoutMs, () => {
      const message = `the Redis Cluster at ${names} did not let us in within ${connectTimeoutMs} ms${cluster.obstacle}`;
      return new StreamError('STREAM_UNAVAILABLE', message);
    });
    return connection;
  } catch (error) {
    connection.disconnect();
    throw error;
  }
}
