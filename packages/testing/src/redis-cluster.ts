import {
  type ClusterServer,
  findPrimaries,
  findPrimary,
  findReplicas,
  type Login,
  nodesKnownTo,
  withNode,
} from './cluster-nodes.js';
import { freePort } from './free-port.js';
import { moveSlot } from './move-slot.js';
import { startRedisServer } from './redis-server.js';
import { waitUntil } from './wait-until.js';

const SLOTS = 16_384;
/** Redis tries for five seconds. */
const FAILOVER_GIVEN_UP_MS = 6_000;

/** A Redis Cluster of a test's own on loopback, with every write on disk before it is answered. */
export interface RedisCluster {
  /** Every node that was started, primaries first; which is what may have changed since. */
  readonly nodes: readonly ClusterServer[];
  /** For `REDIS_CLUSTER_NODES`. */
  readonly addresses: string;
  /** Who takes writes for the slot, as most nodes that answer say. Waits until there is one. */
  primaryOf(slot: number): Promise<ClusterServer>;
  /** The nodes that copy another, as it says itself, with all of its data. */
  replicasOf(primary: ClusterServer): Promise<readonly ClusterServer[]>;
  /** SIGKILLs whoever takes writes for the slot; the others promote a replica after the node timeout. */
  killPrimary(slot: number): Promise<ClusterServer>;
  /** Moves a slot to another primary as `redis-cli --cluster reshard` does, key by key. Resolves with the new owner. */
  moveSlot(slot: number, to?: ClusterServer): Promise<ClusterServer>;
  /** Has a replica take over in agreement with its primary: nothing is lost. Resolves with the new primary. */
  failover(slot: number): Promise<ClusterServer>;
  /** Resolves once every node that runs knows of an owner for each slot, and every primary has its replicas. */
  untilWhole(): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisClusterOptions {
  /** Default 3. */
  readonly primaries?: number;
  /** Of all primaries together, spread evenly. Default 3. */
  readonly replicas?: number;
  /** Silence after which a node is taken for dead, in ms. A loaded machine must not look like one. Default 3 s. */
  readonly nodeTimeoutMs?: number;
  /** Appended to every node's command line; or made for each, where they differ. */
  readonly args?: readonly string[] | (() => Promise<readonly string[]>);
  /** A user of the nodes that may do everything, where not everybody may. Such a harness cannot move slots. */
  readonly login?: Login;
}

/** Starts a cluster of real servers and resolves once it takes writes everywhere and its replicas have everything. */
export async function startRedisCluster({
  primaries = 3,
  replicas = 3,
  nodeTimeoutMs = 3_000,
  args = [],
  login,
}: RedisClusterOptions = {}): Promise<RedisCluster> {
  const started = await Promise.allSettled(
    Array.from({ length: primaries + replicas }, () => startNode(nodeTimeoutMs, args, login)),
  );
  const nodes = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (const one of started) if (one.status === 'rejected') throw one.reason;
    await join(nodes, primaries);
  } catch (error) {
    await stop();
    throw error;
  }
  const running = () => nodes.filter(({ isRunning }) => isRunning);
  const primaryOf = (slot: number) => waitUntil(() => findPrimary(running(), slot), `slot ${slot} has a primary`);
  const replicaOf = async (primary: ClusterServer) =>
    waitUntil(async () => (await findReplicas(nodes, primary))[0], 'there is a replica with all of the data');
  const promote = async (replica: ClusterServer, slot: number) => {
    let askedAt = Number.NEGATIVE_INFINITY;
    // It gives up by itself where the others do not answer in time.
    await waitUntil(async () => {
      if ((await primaryOf(slot)).port === replica.port) return true;
      if (performance.now() - askedAt < FAILOVER_GIVEN_UP_MS) return false;
      askedAt = performance.now();
      await withNode(replica, (redis) => redis.call('CLUSTER', 'FAILOVER'));
      return false;
    }, 'the replica has taken over');
  };
  return {
    nodes,
    addresses: nodes.map(({ port }) => `127.0.0.1:${port}`).join(','),
    primaryOf,
    replicasOf: (primary) => findReplicas(nodes, primary),
    killPrimary: async (slot) => {
      const primary = await primaryOf(slot);
      await primary.kill();
      return primary;
    },
    moveSlot: async (slot, to) => {
      const from = await primaryOf(slot);
      const target = to ?? (await otherPrimary(running(), from));
      await moveSlot(slot, { from, to: target, primaries: await findPrimaries(running()) });
      return target;
    },
    failover: async (slot) => {
      const replica = await replicaOf(await primaryOf(slot));
      await promote(replica, slot);
      return replica;
    },
    untilWhole: () => untilWhole(running(), Math.floor(replicas / primaries)),
    stop,
  };
}

async function startNode(
  nodeTimeoutMs: number,
  extraArgs: NonNullable<RedisClusterOptions['args']>,
  login: Login | undefined,
): Promise<ClusterServer> {
  const args = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'];
  args.push('--cluster-port', String(await freePort()), '--cluster-node-timeout', String(nodeTimeoutMs));
  args.push('--cluster-replica-validity-factor', '0', '--cluster-allow-replica-migration', 'no');
  args.push('--repl-diskless-sync-delay', '0', ...(typeof extraArgs === 'function' ? await extraArgs() : extraArgs));
  const server = await startRedisServer(args);
  try {
    const facts = await withNode({ port: server.port, login }, async (redis) => {
      const settings = (await redis.config('GET', 'tls-*')) as string[];
      const setting = (name: string) => settings[settings.indexOf(name) + 1];
      const toldPort = setting('tls-cluster') === 'yes' ? Number(setting('tls-port')) : server.port;
      return { id: String(await redis.call('CLUSTER', 'MYID')), toldPort, login };
    });
    // Its state is told by getters, which a copy would freeze.
    const properties = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, { value }]));
    return Object.defineProperties(server, properties) as ClusterServer;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** What `redis-cli --cluster create` does, which a machine with a Redis may lack. */
async function join(nodes: readonly ClusterServer[], primaries: number): Promise<void> {
  const share = SLOTS / primaries;
  for (const [n, node] of nodes.slice(0, primaries).entries()) {
    const [from, to] = [Math.round(n * share), Math.round((n + 1) * share) - 1];
    await withNode(node, async (redis) => {
      await redis.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
      await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', n + 1);
    });
  }
  const [first, ...others] = nodes;
  if (first === undefined) return;
  const busPort = await withNode(first, async (redis) => {
    const [, port] = (await redis.config('GET', 'cluster-port')) as [string, string];
    return port;
  });
  for (const node of others)
    await withNode(node, (redis) => redis.call('CLUSTER', 'MEET', '127.0.0.1', first.toldPort, busPort));
  await waitUntil(
    async () =>
      (await Promise.all(nodes.map((node) => nodesKnownTo(node)))).every(
        (known) => known.length === nodes.length && known.every(({ isUp }) => isUp),
      ),
    'the nodes know each other',
  );
  for (const [n, node] of nodes.slice(primaries).entries()) {
    const primary = nodes[n % primaries];
    if (primary !== undefined) await withNode(node, (redis) => redis.call('CLUSTER', 'REPLICATE', primary.id));
  }
  await untilWhole(nodes, Math.floor((nodes.length - primaries) / primaries));
}

async function untilWhole(nodes: readonly ClusterServer[], replicasEach: number): Promise<void> {
  await waitUntil(async () => {
    const infos = await Promise.all(nodes.map((node) => withNode(node, (redis) => redis.call('CLUSTER', 'INFO'))));
    if (!infos.every((info) => /cluster_state:ok[\s\S]*cluster_slots_ok:16384/.test(String(info)))) return false;
    const primaries = await findPrimaries(nodes);
    const copies = await Promise.all(primaries.map((primary) => findReplicas(nodes, primary)));
    return copies.every((found) => found.length >= replicasEach);
  }, 'the cluster is whole');
}

async function otherPrimary(nodes: readonly ClusterServer[], from: ClusterServer): Promise<ClusterServer> {
  const other = (await findPrimaries(nodes)).find(({ id }) => id !== from.id);
  if (other === undefined) throw new Error('there is no other primary');
  return other;
}
