import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from '@jest/globals';
import { createAppender, GROUP, openPartitions, type Partitions, type Stream } from '@millrace/stream-client';
import { type ClusterServer, type RedisCluster, startRedisCluster, waitUntil, withNode } from '@millrace/testing';
import {
  anEvent,
  ok,
  ScriptedTools,
  someRoutes,
  startConsuming,
  type TestConsumer,
  untilState,
} from './start-consuming.js';

/** Of partition 1, whose primary is another one than that of partition 0. */
const SLOT = 9_842;
const ROUTES = someRoutes(
  `routes: [{ id: score, on: { all: [] }, call: { server: aws, tool: score }, with: '{ "eventId": id }' }]`,
);

let cluster: RedisCluster;
let partitions: Partitions;
let consumer: TestConsumer | undefined;
let away: ClusterServer | undefined;

beforeAll(async () => {
  // Nobody takes the place of one that is gone, and the others go on without it.
  const args = ['--cluster-require-full-coverage', 'no'];
  cluster = await startRedisCluster({ replicas: 0, nodeTimeoutMs: 60_000, args });
});

beforeEach(async () => {
  partitions = await open('test');
});

afterEach(async () => {
  await consumer?.stop();
  consumer = undefined;
  await partitions.close();
  if (away?.isRunning === false) await away.restart();
});

afterAll(() => cluster?.stop());

function open(namespace: string): Promise<Partitions> {
  const clusterNodes = cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
  return openPartitions({ redisUrl: 'redis://nobody.invalid', clusterNodes, namespace, partitions: 2 });
}

async function post(stream: Stream, id: string): Promise<string> {
  const result = await createAppender(stream, { maxBacklog: 100, deadlineMs: 30_000 }).append(anEvent(id));
  if (result.kind !== 'accepted') throw new Error(`the event was ${result.kind}`);
  return result.ref;
}

/** An event that is held in the name of a consumer which is gone. */
async function postAbandoned(stream: Stream, id: string): Promise<string> {
  const ref = await post(stream, id);
  await stream.redis.xreadgroup('GROUP', GROUP, 'gone', 'COUNT', 10, 'STREAMS', stream.keys.events, '>');
  return ref;
}

async function hasBeenSwept(node: ClusterServer): Promise<boolean> {
  const commands = await withNode(node, (redis) => redis.info('commandstats'));
  return commands.includes('cmdstat_xautoclaim:');
}

describe('a partition whose Redis is away', () => {
  it('holds up no other, and what was left in it is taken over when it is back; processes that start wait for it', async () => {
    const [near, far] = partitions.all as [Stream, Stream];
    const left = await postAbandoned(far, 'far-left');
    const abandoned = await postAbandoned(near, 'near-left');
    const node = await cluster.primaryOf(SLOT);
    away = node;
    const tools = new ScriptedTools(() => ok());
    consumer = await startConsuming(partitions, ROUTES, tools, { claimIdleMs: 3_000, heartbeatMs: 200 });
    await waitUntil(() => hasBeenSwept(node), 'it is swept');
    await node.kill();
    for (const id of ['near-1', 'near-2', 'near-3']) await untilState(near, await post(near, id), 'done');
    await untilState(near, abandoned, 'done');
    // Whoever is started meanwhile waits.
    const starting = open(partitions.home.settings.namespace);
    await node.restart();
    await (await starting).close();
    await untilState(far, await post(far, 'far-again'), 'done');
    await untilState(far, left, 'done');
  });
});
