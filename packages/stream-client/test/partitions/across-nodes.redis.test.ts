import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createPartitionsAppender,
  openPartitionSource,
  openPartitions,
  type Partitions,
  type Stream,
} from '@millrace/stream-client';
import { type ClusterServer, type RedisCluster, startRedisCluster, TcpProxy, waitUntil } from '@millrace/testing';
import { Redis } from 'ioredis';
import { Cluster } from '../../src/connection/cluster.js';
import { slotOf } from '../../src/connection/cluster-map.js';
import { openWakes } from '../../src/reading/wakes.js';
import { askTime, nodeOf } from '../../src/redis-server/partition-node.js';
import { anEvent, appendAll } from '../open-test-stream.js';

/** No load on the machine makes a node look dead. */
const QUIET_MS = 15_000;
const HOME_SLOT = slotOf('{0}');

let cluster: RedisCluster;
let partitions: Partitions;
let home: ClusterServer;
let other: ClusterServer;
/** The partitions of the node that has not the home partition. */
let elsewhere: readonly Stream[];
let tests = 0;
const opened: { close(): unknown }[] = [];

beforeAll(async () => {
  cluster = await startRedisCluster({ primaries: 2, replicas: 0, nodeTimeoutMs: QUIET_MS });
  home = await cluster.primaryOf(HOME_SLOT);
  other = cluster.nodes.find(({ id }) => id !== home.id) ?? home;
});

beforeEach(async () => {
  tests += 1;
  const clusterNodes = cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
  partitions = await openPartitions({
    redisUrl: 'redis://nobody.invalid',
    clusterNodes,
    namespace: `test-${tests}`,
    partitions: 8,
  });
  opened.push(partitions);
  const owners = await Promise.all(partitions.all.map(({ keys }) => cluster.primaryOf(slotOf(keys.events))));
  elsewhere = partitions.all.filter((_stream, at) => owners[at] === other);
});

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

afterAll(() => cluster?.stop());

async function tell({ port }: ClusterServer, ...command: readonly [string, ...string[]]): Promise<unknown> {
  const redis = new Redis(port);
  try {
    return await redis.call(...command);
  } finally {
    redis.disconnect();
  }
}

async function cutSubscriptions(nodes: readonly ClusterServer[]): Promise<void> {
  for (const node of nodes) await tell(node, 'CLIENT', 'KILL', 'TYPE', 'pubsub');
}

describe('wake-ups of a cluster', () => {
  it('tell of a gap at any node, in the partitions of that node alone', async () => {
    const gaps = new Set<Stream>();
    opened.push(await openWakes(partitions.all, { onWake: () => {}, onGap: (stream) => gaps.add(stream) }));
    await cutSubscriptions([other]);
    await waitUntil(() => gaps.size >= elsewhere.length, 'the gap is told of');
    expect(gaps).toEqual(new Set(elsewhere));
  });

  it('are heard again after all nodes have been cut off, one of which stays away for a while', async () => {
    const heard = new Set<Stream>();
    opened.push(await openWakes(partitions.all, { onWake: (stream) => heard.add(stream), onGap: () => {} }));
    await cutSubscriptions([other]);
    other.freeze();
    await cutSubscriptions([home]);
    const publish = (streams: readonly Stream[]) =>
      Promise.all(streams.map(({ redis, keys }) => redis.spublish(keys.wake, 'new')));
    try {
      await waitUntil(async () => {
        await publish([partitions.home]);
        return heard.has(partitions.home);
      }, 'the node that answers is heard');
    } finally {
      other.thaw();
    }
    await waitUntil(async () => {
      await publish(partitions.all).catch(() => undefined);
      return heard.size === partitions.all.length;
    }, 'all nodes are heard');
  });
});

describe('a subscription to one node of a cluster', () => {
  it('that leads nowhere any more, though it is open, is made anew', async () => {
    const proxy = await TcpProxy.open(other.port);
    opened.push(proxy);
    const address = { host: '127.0.0.1', port: proxy.port };
    const shared = new Cluster({ ...partitions.home.settings, clusterNodes: [{ host: '127.0.0.1', port: home.port }] });
    opened.push(shared);
    const { redis } = shared.lend(address, 'commands');
    await waitUntil(() => redis.status === 'ready', 'it is connected');
    await redis.ssubscribe(elsewhere[0]?.keys.wake ?? '');
    proxy.set({ kind: 'blackhole' });
    let isClosed = false;
    redis.once('close', () => {
      isClosed = true;
    });
    // The next look is due in some seconds.
    shared.lookAgain();
    await waitUntil(() => isClosed, 'it is given up');
    proxy.set({ kind: 'pass' });
    await waitUntil(() => redis.status === 'ready', 'it is there again');
  });
});

describe('a read over the partitions of several nodes', () => {
  it('goes on where it is answered while a node is frozen, and then everywhere', async () => {
    const source = await openPartitionSource(partitions.all, 'me', {
      waitMs: 50,
      random: Math.random,
      onWake: () => {},
    });
    opened.push(source);
    const refs = new Set<string>();
    const readUntil = (ref: string) =>
      waitUntil(async () => {
        for (const entry of await source.read(16)) refs.add(entry.ref);
        return refs.has(ref);
      }, `${ref} is read`);
    other.freeze();
    try {
      for (const stream of elsewhere) source.notice(stream);
      for (const id of ['a', 'b', 'c']) {
        const [ref] = await appendAll(partitions.home, [id]);
        await readUntil(ref ?? '');
      }
    } finally {
      other.thaw();
    }
    const [late] = await appendAll(elsewhere[0] ?? partitions.home, ['late']);
    await readUntil(late ?? '');
    expect(refs.size).toBe(4);
  });
});

describe('what is asked about a partition', () => {
  it('is answered by the node that has it: its clock is the one by which its scripts go', async () => {
    const [stream] = elsewhere;
    if (stream === undefined) throw new Error('one node has all partitions');
    for (const node of [home, other]) await tell(node, 'CONFIG', 'RESETSTAT');
    await askTime(stream);
    const asked = async (node: ClusterServer) =>
      String(await tell(node, 'INFO', 'commandstats')).includes('cmdstat_time:');
    expect([await asked(home), await asked(other)]).toEqual([false, true]);
    expect(nodeOf(stream)).toBe(`127.0.0.1:${other.port}`);
    expect(nodeOf(partitions.home)).toBe(`127.0.0.1:${home.port}`);
  });
});

describe('a node that is nearly full', () => {
  it('takes no new events, while the others do', async () => {
    const appender = createPartitionsAppender(partitions, {
      maxBacklog: 1_000,
      deadlineMs: 60_000,
      maxMemoryRatio: 0.000_1,
    });
    const ids = Array.from({ length: 100 }, (_, at) => `e${at}`);
    const isAt = (id: string, where: boolean) => elsewhere.includes(partitions.forEvent(anEvent(id))) === where;
    const [full = '', roomy = ''] = [true, false].map((where) => ids.find((id) => isAt(id, where)));
    await tell(other, 'CONFIG', 'SET', 'maxmemory', '1gb');
    try {
      const isRefused = async () => (await appender.append(anEvent(full))).kind === 'memory-high';
      await waitUntil(isRefused, 'the full node takes nothing');
      expect(await appender.append(anEvent(roomy))).toMatchObject({ kind: 'accepted' });
    } finally {
      await tell(other, 'CONFIG', 'SET', 'maxmemory', '0');
    }
  });
});
