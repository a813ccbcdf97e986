import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Event } from '@millrace/events';
import type { ToolCaller } from '@millrace/mcp-client';
import type { RouteTable } from '@millrace/routing';
import {
  createPartitionsAppender,
  openPartitions,
  type Partitions,
  partitionOf,
  sampleStream,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { startConsuming, type TestConsumer } from './start-consuming.js';

const PARTITIONS = 4;

const running: TestConsumer[] = [];

/** Of the test that is running, in a file that called `setFourPartitions`. */
export let partitions: Partitions;

/** Gives the tests of the file that calls it a Redis of their own, and each of them four empty partitions on it. */
export function setFourPartitions(): void {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    partitions = await openPartitions({ redisUrl: server.url, namespace: 'test', partitions: PARTITIONS });
  });
  afterEach(async () => {
    for (const consumer of running.splice(0)) await consumer.stop();
    await partitions.home.redis.flushall();
    await partitions.close();
  });
}

/** Starts a consumer of the four partitions, which is stopped after the test. */
export async function startConsumer(
  routes: RouteTable,
  tools: ToolCaller,
  options: Parameters<typeof startConsuming>[3] = {},
): Promise<void> {
  running.push(await startConsuming(partitions, routes, tools, options));
}

/** A key whose partition is this one. */
export function keyIn(partition: number, front = 'key-'): string {
  const keys = Array.from({ length: 100 }, (_, at) => `${front}${at}`);
  const homeOf = (partitionkey: string) =>
    partitionOf({ id: '', source: '', attributes: { partitionkey } }, PARTITIONS);
  return keys.find((key) => homeOf(key) === partition) ?? '';
}

/** Has an event accepted, where its partition key leads. Resolves with its ref. */
export async function post(event: Event): Promise<string> {
  const result = await createPartitionsAppender(partitions, { maxBacklog: 10_000, deadlineMs: 60_000 }).append(event);
  if (result.kind !== 'accepted') throw new Error(`the event was ${result.kind}`);
  return result.ref;
}

/** Resolves once everything is done, and fails where something is left that nobody would find. */
export async function untilNothingIsOpen(): Promise<void> {
  await waitUntil(async () => {
    const samples = await Promise.all(partitions.all.map(sampleStream));
    return samples.every(({ backlog }) => backlog === 0);
  }, 'nothing is open');
  for (const sample of await Promise.all(partitions.all.map(sampleStream)))
    expect(sample).toMatchObject({ unaccounted: 0, departing: 0, queued: 0 });
  // No lane is left with something in it that never goes.
  expect(await partitions.home.redis.keys('test:{*}:lane*')).toEqual([]);
}
