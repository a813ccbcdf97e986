import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { createGroup, type Stream, type StreamOptions } from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { openTestStream } from './open-test-stream.js';

/** Of the file that called `setStage`; there once its first `beforeAll` hook has run. */
export let server: RedisServer;
export let stream: Stream;

/** Gives the tests of the file that calls it a Redis of their own, and a stream on it that is empty before each test. */
export function setStage(redisArguments: readonly string[] = [], settings: Partial<StreamOptions> = {}): void {
  beforeAll(async () => {
    server = await startRedisServer(redisArguments);
    stream = await openTestStream(server.url, settings);
  });
  afterAll(async () => {
    await stream.close();
    await server.stop();
  });
  beforeEach(async () => {
    await stream.redis.flushall();
    await createGroup(stream);
  });
}
