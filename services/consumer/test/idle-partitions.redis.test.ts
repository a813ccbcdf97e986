import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sleep } from '@millrace/core';
import { openPartitions, openStream, type Stream } from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { ok, ScriptedTools, someRoutes, startConsuming } from './start-consuming.js';

let server: RedisServer;
/** The test's own connection. */
let probe: Stream;

const NOTHING = someRoutes('routes: []');
const WATCHED_MS = 3_000;

interface Cost {
  readonly commandsPerSecond: number;
  readonly redisCpuMsPerSecond: number;
  readonly connections: number;
}

/**
 * Whoever stood still for a while makes up for it, and is not idle: so of many partitions the cheapest of some spans is what
 * counts. And a span may be one in which it stood still, or between two sweeps: so of one partition the costliest is.
 */
const MOST_SPANS = 5;
const SPANS_OF_ONE = 3;

/** What a consumer costs that has nothing to do, once it has looked everywhere, in each span until `isEnough`. */
async function idleCosts(count: number, isEnough: (costs: readonly Cost[]) => boolean): Promise<readonly Cost[]> {
  await probe.redis.flushall();
  const partitions = await openPartitions({ redisUrl: server.url, namespace: 'test', partitions: count });
  const consumer = await startConsuming(partitions, NOTHING, new ScriptedTools(() => ok()), {
    sweepMs: 5_000,
    heartbeatMs: 5_000,
    claimIdleMs: 30_000,
    pausesMs: 500,
  });
  await waitUntil(async () => (await scriptsRun()) + 3 >= (await scriptsRun(300)), 'each partition was looked at');
  const costs: Cost[] = [];
  while (!isEnough(costs)) costs.push(await watch());
  await consumer.stop();
  await partitions.close();
  return costs.toSorted((a, b) => a.commandsPerSecond - b.commandsPerSecond);
}

async function watch(): Promise<Cost> {
  const before = await facts();
  await sleep(WATCHED_MS);
  const after = await facts();
  const seconds = WATCHED_MS / 1_000;
  return {
    commandsPerSecond: (after.calls - before.calls) / seconds,
    redisCpuMsPerSecond: ((after.cpuSeconds - before.cpuSeconds) * 1_000) / seconds,
    connections: after.clients,
  };
}

/** Scripts run so far, after a pause. */
async function scriptsRun(pauseMs = 0): Promise<number> {
  await sleep(pauseMs);
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(await probe.redis.info('commandstats'))?.[1] ?? 0);
}

/** Commands of scripts count like any other; those of this test do not. */
async function facts() {
  const stats = await probe.redis.info('commandstats');
  const calls = [...stats.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)].filter(([, name]) => name !== 'info');
  const info = await probe.redis.info('everything');
  const field = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
  return {
    calls: calls.reduce((sum, [, , count]) => sum + Number(count), 0),
    cpuSeconds: field('used_cpu_user') + field('used_cpu_sys'),
    clients: field('connected_clients'),
  };
}

beforeAll(async () => {
  server = await startRedisServer();
  probe = await openStream({ redisUrl: server.url, namespace: 'probe' });
});

afterAll(async () => {
  await probe.close();
  await server.stop();
});

it('512 partitions in which nothing happens cost at most twice what one costs, in commands and in time of Redis, and one connection more', async () => {
  const ofOne = await idleCosts(1, ({ length }) => length === SPANS_OF_ONE);
  const one = ofOne.at(-1) as Cost;
  const limit = 2 * one.commandsPerSecond;
  // What the kernel has given to its process: while others have the machine it waits, which does not count.
  const cpuLimit = 2 * Math.max(...ofOne.map(({ redisCpuMsPerSecond }) => redisCpuMsPerSecond));
  const isCheap = ({ commandsPerSecond, redisCpuMsPerSecond }: Cost) =>
    commandsPerSecond < limit && redisCpuMsPerSecond < cpuLimit;
  const costs = await idleCosts(512, (spans) => spans.length === MOST_SPANS || spans.some(isCheap));
  const many = costs.find(isCheap) ?? costs[0];
  console.info(`idle, 1 partition: ${JSON.stringify(one)}; 512 partitions: ${JSON.stringify(many)}`);
  expect(many?.commandsPerSecond).toBeLessThan(limit);
  expect(many?.redisCpuMsPerSecond).toBeLessThan(cpuLimit);
  expect(many?.connections).toBeLessThanOrEqual(one.connections + 1);
});
