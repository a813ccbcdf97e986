import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { announceConfiguration, createGroup, readRecord, type Stream, sampleStream } from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import {
  anEvent,
  fails,
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
const running: TestConsumer[] = [];

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

afterEach(async () => {
  for (const consumer of running.splice(0)) await consumer.stop();
});

const routeOf = (id: string) =>
  someRoutes(`
routes:
  - id: ${id}
    on: { type: order.created }
    call: { server: aws, tool: x }
    with: '{}'
    retry: { attempts: 2, initial: 5ms, max: 20ms }
`);
const newer = routeOf('new');
const older = routeOf('old');

/** Leaves a delivery along the route `new` that has failed once, and waits for a consumer that does not have it. */
async function leaveRetry(): Promise<string> {
  const first = await startConsuming(stream, newer, new ScriptedTools(() => fails('TOOL_TIMEOUT', 'unknown')));
  const ref = await post(stream, anEvent('a'));
  await waitUntil(async () => (await readRecord(stream, ref))?.deliveries[0]?.attempts === 1, 'it has failed once');
  await first.stop();
  return ref;
}

describe('a retry along a route that this consumer does not have', () => {
  it('waits while another consumer has the route, with its attempts, and is made there', async () => {
    const configuration = { version: 'v2', routes: ['new'], servers: ['aws'] };
    await announceConfiguration(stream, configuration);
    const ref = await leaveRetry();
    const idle = new ScriptedTools(() => ok());
    running.push(await startConsuming(stream, older, idle));
    const [delivery] = await waitUntil(async () => {
      const { deliveries = [] } = (await readRecord(stream, ref)) ?? {};
      return (deliveries[0]?.held ?? 0) > 0 && deliveries;
    }, 'it was left to others');
    expect(delivery).toMatchObject({ state: 'retrying', error: { code: 'TOOL_TIMEOUT' } });
    const tools = new ScriptedTools(() => ok());
    running.push(await startConsuming(stream, newer, tools));
    // Whichever of the two reads it: the one that has the route makes it in the end.
    const record = await untilState(stream, ref, 'done');
    expect([record.deliveries[0]?.state, tools.calls.length, idle.calls.length]).toEqual(['done', 1, 0]);
    expect(await sampleStream(stream)).toMatchObject({ backlog: 0, deadLetters: 0 });
  });

  it('is a dead letter once nobody has the route any more', async () => {
    const ref = await leaveRetry();
    running.push(await startConsuming(stream, older, new ScriptedTools(() => ok())));
    const record = await untilState(stream, ref, 'dead');
    expect(record.deliveries[0]).toMatchObject({ reason: 'route-missing' });
  });
});
