import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createGroup, redriveDeadLetter, type Stream } from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import {
  anEvent,
  ok,
  openTestStream,
  post,
  ScriptedTools,
  someRoutes,
  startConsuming,
  type TestConsumer,
  untilState,
} from './start-consuming.js';

let server: RedisServer;
let stream: Stream;
let running: TestConsumer | undefined;
const tools = new ScriptedTools(() => ok());

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
  tools.calls.length = 0;
});
afterEach(async () => {
  await running?.stop();
});

const when = (condition: string) =>
  someRoutes(`
routes:
  - { id: some, on: { all: [] }, when: '${condition}', call: { server: aws, tool: t }, with: '{}' }
  - { id: every, on: { all: [] }, call: { server: aws, tool: t }, with: '{}' }
`);

describe('a route whose `when` is false', () => {
  it('has no delivery in the record, and the other routes of the event have theirs', async () => {
    running = await startConsuming(stream, when('event.data.orderId == "o-2"'), tools);
    const first = await untilState(stream, await post(stream, anEvent('o-1')), 'done');
    expect(first.deliveries.map(({ route }) => route)).toEqual(['every']);
    const second = await untilState(stream, await post(stream, anEvent('o-2')), 'done');
    expect(second.deliveries.map(({ route }) => route)).toEqual(['some', 'every']);
  });
});

describe('a route whose `when` fails', () => {
  it('is a dead letter that says so, its tool is not called, and the other routes are done', async () => {
    running = await startConsuming(stream, when('event.data.totl > 1'), tools);
    const record = await untilState(stream, await post(stream, anEvent('o-1')), 'dead');
    expect(record.deliveries).toMatchObject([
      { route: 'some', state: 'dead', reason: 'condition-failed', error: { code: 'CONDITION_FAILED' } },
      { route: 'every', state: 'done' },
    ]);
    expect(record.deliveries[0]?.error?.message).toMatch(/No such key: totl/);
    expect(tools.calls).toHaveLength(1);
  });

  it.each([
    ['calls its tool when the mended `when` holds', 'event.data.orderId == "o-1"', 2, undefined],
    ['is done without a call when the mended `when` does not hold', 'false', 1, 'condition-not-met'],
  ])('and is redriven, %s', async (_what, mended, calls, reason) => {
    running = await startConsuming(stream, when('event.data.totl > 1'), tools);
    const ref = await post(stream, anEvent('o-1'));
    await untilState(stream, ref, 'dead');
    await running.stop();
    running = await startConsuming(stream, when(mended), tools);
    await redriveDeadLetter(stream, `${ref}.some`);
    const { deliveries } = await untilState(stream, ref, 'done');
    expect(deliveries[0]).toMatchObject({ route: 'some', state: 'done', attempts: 2 });
    expect(deliveries[0]?.reason).toBe(reason);
    expect(tools.calls).toHaveLength(calls);
  });
});
