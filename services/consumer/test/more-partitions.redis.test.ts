import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type Appender,
  beginChange,
  completeChange,
  createPartitionsAppender,
  openPartitions,
  type Partitions,
  readRecord,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { anEvent, fails, ok, ScriptedTools, someRoutes, startConsuming, type TestConsumer } from './start-consuming.js';

let server: RedisServer;
let partitions: Partitions;
let appender: Pick<Appender, 'append'>;
const running: TestConsumer[] = [];
const opened: Partitions[] = [];

const ROUTES = someRoutes(`
routes:
  - id: score
    on: { type: order.created }
    call: { server: aws, tool: risk.score }
    with: '{ "eventId": id }'
    retry: { attempts: 3, initial: 5ms, max: 20ms }
`);

/** A process of its own: it has to find out by itself. */
async function openOther(): Promise<Partitions> {
  const other = await openPartitions({ redisUrl: server.url, namespace: 'test' });
  opened.push(other);
  return other;
}

async function start(tools: ScriptedTools): Promise<void> {
  running.push(await startConsuming(await openOther(), ROUTES, tools));
}

async function post(id: string): Promise<string> {
  const result = await appender.append(anEvent(id));
  if (result.kind !== 'accepted') throw new Error(`the event was ${result.kind}`);
  return result.ref;
}

async function untilDone(refs: readonly string[]): Promise<void> {
  const isDone = async (ref: string) => {
    const stream = partitions.ofRef(ref) ?? partitions.home;
    return (await readRecord(stream, ref))?.state === 'done';
  };
  for (const ref of refs) await waitUntil(() => isDone(ref), `${ref} is done`);
}

async function changeTo(wanted: number): Promise<void> {
  await beginChange(partitions, wanted);
  await completeChange(partitions);
}

const idsOf = (front: string, count: number) => Array.from({ length: count }, (_, at) => `${front}${at}`);

beforeAll(async () => {
  server = await startRedisServer();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  partitions = await openOther();
  appender = createPartitionsAppender(partitions, { maxBacklog: 100_000, deadlineMs: 5_000 });
});

afterEach(async () => {
  for (const consumer of running.splice(0)) await consumer.stop();
  await partitions.home.redis.flushall();
  for (const one of opened.splice(0)) await one.close();
});

describe('consumers of one partition that become sixteen', () => {
  it('read all of them without being started anew, and do each event once', async () => {
    // One in ten fails once, so that something waits for its time while the number changes.
    const tools = new ScriptedTools((_call, nth) => (nth % 10 === 0 ? fails('TOOL_SERVER_ERROR', 'not-sent') : ok()));
    await start(tools);
    await start(tools);
    const refs = await Promise.all(idsOf('before', 50).map(post));
    const [changed, ...during] = await Promise.all([changeTo(16), ...idsOf('during', 100).map(post)]);
    expect(changed).toBeUndefined();
    refs.push(...during, ...(await Promise.all(idsOf('after', 100).map(post))));
    await untilDone(refs);
    expect(new Set(refs.map((ref) => ref.split('-')[0])).size).toBe(16);
    const done = tools.calls.filter((_call, at) => (at + 1) % 10 !== 0).map((call) => call.arguments.eventId);
    expect(done).toHaveLength(refs.length);
    expect(new Set(done).size).toBe(refs.length);
  });

  it('go on with what comes a second time, and find more partitions then as well', async () => {
    await start(new ScriptedTools(() => ok()));
    await changeTo(2);
    await untilDone(await Promise.all(idsOf('two', 20).map(post)));
    await changeTo(8);
    const refs = await Promise.all(idsOf('eight', 60).map(post));
    await untilDone(refs);
    expect(new Set(refs.map((ref) => ref.split('-')[0])).size).toBe(8);
  });

  it('need no connection more than before', async () => {
    await start(new ScriptedTools(() => ok()));
    const { redis } = partitions.home;
    const count = async () => String(await redis.client('LIST')).split('\n').length;
    const before = await count();
    await changeTo(64);
    await untilDone(await Promise.all(idsOf('after', 64).map(post)));
    await waitUntil(async () => (await count()) === before, 'there are as many connections as before');
  });
});
