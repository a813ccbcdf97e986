import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createGroup } from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { makeDeadLetter, openTestOperator } from './open-test-operator.js';

const REDRIVES = '/v1/dead-letters/redrives';

let primary: RedisServer;
let replica: RedisServer;
let operator: Awaited<ReturnType<typeof openTestOperator>>;

beforeAll(async () => {
  primary = await startRedisServer(['--repl-diskless-sync-delay', '0']);
  replica = await startRedisServer(['--replicaof', '127.0.0.1', String(primary.port)]);
  operator = await openTestOperator(primary.url, {}, { durability: 'replicated' });
  await waitUntil(() => operator.stream.isReady(), 'the replica is connected');
  await createGroup(operator.stream);
});

afterAll(async () => {
  replica.thaw();
  await operator.close();
  await replica.stop();
  await primary.stop();
});

const post = (payload: object) => operator.app.inject({ method: 'POST', url: REDRIVES, payload });

describe('a job with durability replicated', () => {
  it('waits and says so while the replica does not answer, then redrives every letter once', async () => {
    const { stream, app } = operator;
    for (let n = 0; n < 6; n += 1) await makeDeadLetter(stream, `event-${n}`);
    const started = await post({ filter: {}, rate: 4 });
    const url = String(started.headers.location);
    const job = async () => (await app.inject(url)).json();
    await waitUntil(async () => (await job()).redriven >= 1, 'one letter is redriven');
    replica.freeze();
    const waiting = await waitUntil(async () => {
      const now = await job();
      return now.waitsFor !== undefined && now;
    }, 'the job waits');
    expect(waiting).toMatchObject({ state: 'running', waitsFor: expect.stringMatching(/^STREAM_NOT_DURABLE: /) });
    replica.thaw();
    const ended = await waitUntil(async () => {
      const now = await job();
      return now.state !== 'running' && now;
    }, 'the job has ended');
    expect(ended).not.toHaveProperty('waitsFor');
    expect(ended).toMatchObject({ state: 'done', matched: 6, redriven: 6 });
    // Six were appended, and each redrive appends one.
    expect(await stream.redis.xlen(stream.keys.events)).toBe(12);
    expect(await stream.redis.zcard(stream.keys.dead)).toBe(0);
  });
});
