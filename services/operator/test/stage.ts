import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { createGroup } from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { openTestOperator } from './open-test-operator.js';

/** Of the file that called `setStage`; there once its first `beforeAll` hook has run. */
export let redis: RedisServer;
export let operator: Awaited<ReturnType<typeof openTestOperator>>;

/** Gives the tests of the file that calls it an operator over a Redis of their own, whose stream is empty before each test. */
export function setStage(): void {
  beforeAll(async () => {
    redis = await startRedisServer();
    operator = await openTestOperator(redis.url);
  });
  afterAll(async () => {
    await operator.close();
    await redis.stop();
  });
  beforeEach(async () => {
    await operator.stream.redis.flushall();
    await createGroup(operator.stream);
  });
}
