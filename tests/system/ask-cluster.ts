import { Cluster } from 'ioredis';

/** Asks the cluster that these nodes belong to. Patient, since what is asked is what becomes of nodes that are killed. */
export function askCluster(nodes: string): Cluster {
  const addresses = nodes.split(',').map((address) => {
    const [host = '', port] = address.split(':');
    return { host, port: Number(port) };
  });
  const cluster = new Cluster(addresses, {
    maxRedirections: 300,
    retryDelayOnFailover: 100,
    retryDelayOnClusterDown: 100,
  });
  cluster.on('error', ignore);
  return cluster;
}

/** Whoever asks is told. */
function ignore(): void {}
