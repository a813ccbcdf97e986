import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { createGroup, type Stream } from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { openTestStream, startConsuming, type TestConsumer } from './start-consuming.js';

/** Of the file that called `setStage`; there once its first `beforeAll` hook has run. */
export let server: RedisServer;
export let stream: Stream;

const running: TestConsumer[] = [];

/**
 * Gives the tests of the file that calls it a Redis of their own and a stream on it, empty before each test. Consumers
 * that were started by `start` end with the test that started them.
 */
export function setStage(): void {
  beforeAll(async () => {
    server = await startRedisServer();
    stream = await openTestStream(server.url);
  });
  afterAll(async () => {
    await stream.close();
    await server.stop();
  });
  beforeEach(async () => {
    await stream.redis.flushall();
    await createGroup(stream);
  });
  afterEach(stopAll);
}

/** A consumer that ends with the test, as `startConsuming` starts it. */
export async function start(...args: Parameters<typeof startConsuming>): Promise<TestConsumer> {
  const consumer = await startConsuming(...args);
  running.push(consumer);
  return consumer;
}

/** Ends every consumer that was started and has not ended yet, the oldest first. */
export async function stopAll(): Promise<void> {
  for (const consumer of running.splice(0)) await consumer.stop();
}

/** Lets a delivery that waits for its time wait no longer; `*` is an event that waits for its `deliverat`. */
export async function makeDue(ref: string, route: string): Promise<void> {
  await stream.redis.zadd(stream.keys.due, 'XX', 1, `${ref} ${route}`);
}
