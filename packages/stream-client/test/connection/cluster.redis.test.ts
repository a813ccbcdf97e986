import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { contentHashOf } from '@millrace/events';
import {
  announceConfiguration,
  createAppender,
  createSettler,
  type EntrySource,
  inspectServer,
  openBlockingSource,
  openChangeFeed,
  readRecord,
  type Stream,
} from '@millrace/stream-client';
import { type ClusterServer, type RedisCluster, startRedisCluster, waitUntil } from '@millrace/testing';
import { Redis } from 'ioredis';
import { openConnection } from '../../src/connection/connection.js';
import { anEvent, openTestStream } from '../open-test-stream.js';

/** Of everything that has the hash tag `{0}`. */
const SLOT = 13_907;
const ME = 'consumer-1';
/** No load on the machine makes a node look dead. */
const QUIET_MS = 15_000;

let cluster: RedisCluster;
const opened: { close(): unknown }[] = [];

beforeAll(async () => {
  cluster = await startRedisCluster({ nodeTimeoutMs: QUIET_MS });
});

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

afterAll(() => cluster?.stop());

function nodesOf({ nodes }: RedisCluster) {
  return nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
}

/** A namespace for each test: what one leaves behind is not in the way of the next. */
async function open(namespace: string, settings: Parameters<typeof openTestStream>[1] = {}): Promise<Stream> {
  const options = { clusterNodes: nodesOf(cluster), durability: 'replicated', namespace, ...settings } as const;
  const stream = await openTestStream('redis://nobody.invalid', options);
  opened.push(stream);
  await waitUntil(() => stream.isReady(), 'the stream is ready');
  return stream;
}

async function openSource(stream: Stream, blockMs = 50): Promise<EntrySource> {
  const source = await openBlockingSource(stream, ME, blockMs);
  opened.push(source);
  return source;
}

/** Accepts events one after the other until it is stopped, and tells which. */
function acceptMeanwhile(stream: Stream): { stop(): Promise<{ accepted: string[]; refused: number }> } {
  const appender = createAppender(stream, { maxBacklog: 100_000, deadlineMs: 2_500 });
  const accepted: string[] = [];
  let refused = 0;
  let isStopped = false;
  const load = (async () => {
    for (let n = 0; !isStopped; n += 1) {
      const event = anEvent(`e-${n}`);
      try {
        const result = await appender.append(event, contentHashOf(event));
        if ('ref' in result) accepted.push(result.ref);
      } catch {
        refused += 1;
      }
    }
  })();
  return {
    stop: async () => {
      isStopped = true;
      await load;
      return { accepted, refused };
    },
  };
}

/** For what is to be accepted, however slow the machine. */
const patient = (stream: Stream) => createAppender(stream, { maxBacklog: 100, deadlineMs: 30_000 });

/** Refs of accepted events that the stream does not have. */
async function missing({ redis, keys }: Stream, refs: readonly string[]): Promise<readonly string[]> {
  const entries = await redis.xrange(keys.events, '-', '+');
  const kept = new Set(entries.map(([id]) => `${keys.partition}-${id}`));
  return refs.filter((ref) => !kept.has(ref));
}

async function clientsOf({ port }: ClusterServer, name: string): Promise<number> {
  const redis = new Redis(port);
  try {
    const list = String(await redis.client('LIST'));
    return list.split('\n').filter((line) => line.includes(`name=${name} `)).length;
  } finally {
    redis.disconnect();
  }
}

const REFUSALS = ['MOVED', 'ASK', 'TRYAGAIN'] as const;

/** How often each node has refused a command since it was started, all nodes together, by the first word of its answer. */
async function countRefusals(nodes: readonly ClusterServer[]): Promise<Record<(typeof REFUSALS)[number], number>> {
  const counts = { MOVED: 0, ASK: 0, TRYAGAIN: 0 };
  for (const { port } of nodes) {
    const redis = new Redis(port);
    const stats = await redis.info('errorstats').finally(() => redis.disconnect());
    for (const word of REFUSALS)
      counts[word] += Number(new RegExp(`^errorstat_${word}:count=(\\d+)`, 'm').exec(stats)?.[1] ?? 0);
  }
  return counts;
}

describe('a stream on a Redis Cluster', () => {
  it('takes an event from acceptance to its end, over at most three connections of a consumer to a node', async () => {
    const stream = await open('path', { clientName: 'counted' });
    const source = await openSource(stream);
    const event = anEvent('one');
    const result = await patient(stream).append(event, contentHashOf(event));
    if (result.kind !== 'accepted') throw new Error(result.kind);
    const [entry] = await waitUntil(async () => {
      const read = await source.read(1);
      return read.length > 0 && read;
    }, 'it is read');
    if (entry?.kind !== 'entry') throw new Error('it cannot be read');
    const ofConsumer = await Promise.all(cluster.nodes.map((node) => clientsOf(node, 'counted')));
    const changed: string[] = [];
    const feed = await openChangeFeed({ home: stream, all: [stream] }, (refs) => changed.push(...refs));
    const detail = { version: 'v1', effects: [], result: { ok: true } };
    const outcomes = [{ route: 'r', state: 'done', attempt: 1, detail }] as const;
    await createSettler(stream, ME).settle({ entry, routes: ['r'], outcomes });
    expect(await readRecord(stream, result.ref)).toMatchObject({ state: 'done' });
    await waitUntil(() => changed.includes(result.ref), 'the change is told');
    await feed.close();
    const afterwards = await Promise.all(cluster.nodes.map((node) => clientsOf(node, 'counted')));
    process.stdout.write(`connections to each node: ${ofConsumer.join(', ')}; settled: ${afterwards.join(', ')}\n`);
    expect(Math.max(...ofConsumer, ...afterwards)).toBeLessThanOrEqual(3);
    expect((await inspectServer(stream)).role).toBe('master');
  });

  it('wakes a read that blocks, on whichever node it blocks', async () => {
    const stream = await open('wake');
    const source = await openSource(stream, 8_000);
    const read = source.read(1);
    await waitUntil(async () => {
      await source.wake();
      return Promise.race([read.then(() => true), new Promise<false>((resolve) => setTimeout(resolve, 50, false))]);
    }, 'the read has ended');
    await expect(read).resolves.toEqual([]);
  });

  it('loses nothing that it accepted while the slot moves, and begins no script halfway', async () => {
    const stream = await open('move');
    const source = await openSource(stream);
    const changed: string[] = [];
    opened.push(await openChangeFeed({ home: stream, all: [stream] }, (refs) => changed.push(...refs)));
    const before = await countRefusals(cluster.nodes);
    const load = acceptMeanwhile(stream);
    for (let moves = 0; moves < 3; moves += 1) {
      const before = await stream.redis.xlen(stream.keys.events);
      await cluster.moveSlot(SLOT);
      await waitUntil(async () => (await stream.redis.xlen(stream.keys.events)) > before, 'the new owner accepts');
    }
    const { accepted, refused } = await load.stop();
    process.stdout.write(`accepted ${accepted.length}, refused ${refused} while the slot moved three times\n`);
    const after = await countRefusals(cluster.nodes);
    const met = REFUSALS.map((word) => [word, after[word] - before[word]] as const);
    process.stdout.write(`refused meanwhile: ${met.map(([word, count]) => `${word} ${count}`).join(', ')}\n`);
    // Which of them is a matter of the moment; that there are none would mean that nobody was there while it moved.
    expect(met.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThanOrEqual(3);
    expect(accepted.length).toBeGreaterThan(0);
    expect(await missing(stream, accepted)).toEqual([]);
    expect(await stream.redis.xlen(stream.keys.events)).toBe(
      Number(await stream.redis.hget(stream.keys.counters, 'seq')),
    );
    const [entry] = await waitUntil(async () => {
      const read = await source.read(1);
      return read.length > 0 && read;
    }, 'the new owner is read from');
    expect(entry?.kind).toBe('entry');
    await waitUntil(async () => {
      await stream.redis.spublish(stream.keys.changes, 'still-subscribed');
      return changed.includes('still-subscribed');
    }, 'changes are told from the new owner');
  });

  it('does not begin a script while keys are on their way, not even one whose keys are all there still', async () => {
    const stream = await open('halfway');
    const announce = (version: string) => announceConfiguration(stream, { version, routes: ['r'], servers: [] });
    await announce('v1');
    const from = await cluster.primaryOf(SLOT);
    const others = cluster.nodes.slice(0, 3).filter(({ id }) => id !== from.id);
    const redis = new Redis(from.port);
    await redis.call('CLUSTER', 'SETSLOT', SLOT, 'MIGRATING', others[0]?.id ?? '');
    try {
      const before = await countRefusals([from]);
      await expect(announce('v2')).rejects.toMatchObject({ code: 'STREAM_UNAVAILABLE' });
      expect((await countRefusals([from])).TRYAGAIN).toBeGreaterThan(before.TRYAGAIN);
      expect(await stream.redis.hkeys(stream.keys.configurations)).toEqual(['v1']);
    } finally {
      await redis.call('CLUSTER', 'SETSLOT', SLOT, 'STABLE');
      redis.disconnect();
    }
    await announce('v2');
    expect(await stream.redis.hlen(stream.keys.configurations)).toBe(2);
  });

  it('reads what has gone ahead where it is, though the node that it comes from has the slot still', async () => {
    const stream = await open('ahead');
    await announceConfiguration(stream, { version: 'v1', routes: ['r'], servers: [] });
    const from = await cluster.primaryOf(SLOT);
    const to = cluster.nodes.slice(0, 3).find(({ id }) => id !== from.id) ?? from;
    const [source, target] = [new Redis(from.port), new Redis(to.port)];
    const before = await countRefusals([from]);
    try {
      await target.call('CLUSTER', 'SETSLOT', SLOT, 'IMPORTING', from.id);
      await source.call('CLUSTER', 'SETSLOT', SLOT, 'MIGRATING', to.id);
      await source.call('MIGRATE', '127.0.0.1', to.port, stream.keys.configurations, 0, 5_000);
      expect(await stream.redis.hkeys(stream.keys.configurations)).toEqual(['v1']);
      expect((await countRefusals([from])).ASK).toBeGreaterThan(before.ASK);
    } finally {
      source.disconnect();
      target.disconnect();
      await cluster.moveSlot(SLOT, to);
    }
    expect(await stream.redis.hkeys(stream.keys.configurations)).toEqual(['v1']);
  });

  it('says that it cannot promise what no replica has, and accepts nothing until one is back', async () => {
    const stream = await open('alone');
    const appender = createAppender(stream, { maxBacklog: 100, deadlineMs: 300 });
    const [replica] = await cluster.replicasOf(await cluster.primaryOf(SLOT));
    if (replica === undefined) throw new Error('there is no replica');
    await replica.kill();
    await expect(appender.append(anEvent('one'))).rejects.toMatchObject({ retryable: true });
    await waitUntil(() => stream.problems().some((problem) => problem.includes('0 of its replicas')), 'it says why');
    expect(stream.isReady()).toBe(false);
    await replica.restart();
    await waitUntil(() => stream.isReady(), 'the replica is back');
    await expect(patient(stream).append(anEvent('two'))).resolves.toMatchObject({ kind: 'accepted' });
  });
});

describe('openConnection to a cluster', () => {
  it('says what was in the way when nobody lets it in', async () => {
    const [node] = nodesOf(cluster);
    const settings = { redisUrl: 'redis://someone:wrong@cluster', clusterNodes: node === undefined ? [] : [node] };
    const rest = {
      sentinels: [],
      sentinelPassword: undefined,
      tlsCa: undefined,
      clientName: 'test',
      connectTimeoutMs: 2_000,
    };
    await expect(openConnection({ ...settings, ...rest }, 'commands')).rejects.toThrow(/did not let us in.*WRONGPASS/);
  });
});
