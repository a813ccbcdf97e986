import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { contentHashOf, type Event } from '@millrace/events';
import {
  createAppender,
  createPartitionsAppender,
  listConsumers,
  openPartitions,
  type Partitions,
  readRecord,
  type Stream,
  sampleStream,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { anEvent, fails, ok, ScriptedTools, someRoutes, startConsuming, type TestConsumer } from './start-consuming.js';

let server: RedisServer;
let partitions: Partitions;
const running: TestConsumer[] = [];

const ROUTES = someRoutes(`
routes:
  - id: score
    on: { type: order.created }
    call: { server: aws, tool: risk.score }
    with: '{ "eventId": id }'
    retry: { attempts: 3, initial: 5ms, max: 20ms }
  - id: ship
    on: { type: order.paid }
    call: { server: aws, tool: ship }
    with: '{ "eventId": id, "key": partitionkey }'
    ordered: partitionkey
`);

async function start(...args: Parameters<typeof startConsuming>): Promise<TestConsumer> {
  const consumer = await startConsuming(...args);
  running.push(consumer);
  return consumer;
}

function withAttributes(event: Event, attributes: Record<string, string>): Event {
  return { ...event, attributes: { ...event.attributes, ...attributes } };
}

async function post(event: Event): Promise<string> {
  const result = await createPartitionsAppender(partitions, { maxBacklog: 10_000, deadlineMs: 60_000 }).append(
    event,
    contentHashOf(event),
  );
  if (result.kind !== 'accepted') throw new Error(`the event was ${result.kind}`);
  return result.ref;
}

async function stateOf(ref: string): Promise<string | undefined> {
  const stream = partitions.ofRef(ref);
  return stream && (await readRecord(stream, ref))?.state;
}

async function untilDone(refs: readonly string[]): Promise<void> {
  for (const ref of refs) await waitUntil(async () => (await stateOf(ref)) === 'done', `${ref} is done`);
}

/** What is open, by each partition's own account. */
async function backlog(): Promise<number> {
  const samples = await Promise.all(partitions.all.map(sampleStream));
  return samples.reduce((sum, sample) => sum + sample.backlog, 0);
}

/** The same partition, but appends to it wake nobody. */
function mute(stream: Stream): Stream {
  return { ...stream, wakesReaders: false };
}

beforeAll(async () => {
  server = await startRedisServer();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  partitions = await openPartitions({ redisUrl: server.url, namespace: 'test', partitions: 16 });
});

afterEach(async () => {
  for (const consumer of running.splice(0)) await consumer.stop();
  await partitions.home.redis.flushall();
  await partitions.close();
});

describe('16 partitions', () => {
  it('are all worked on by two consumers, each event once, and each in the partition of its ref', async () => {
    const tools = new ScriptedTools(() => ok());
    await start(partitions, ROUTES, tools);
    await start(partitions, ROUTES, tools);
    const ids = Array.from({ length: 200 }, (_, at) => `e${at}`);
    const refs = await Promise.all(ids.map((id) => post(anEvent(id))));
    await untilDone(refs);
    expect(new Set(refs.map((ref) => partitions.ofRef(ref))).size).toBe(16);
    expect(refs.map((ref) => partitions.ofRef(ref))).toEqual(ids.map((id) => partitions.forEvent(anEvent(id))));
    expect(tools.calls).toHaveLength(ids.length);
    expect(new Set(tools.calls.map(({ arguments: { eventId } }) => eventId))).toEqual(new Set(ids));
    await waitUntil(async () => (await backlog()) === 0, 'nothing is open');
  });

  it('know a repeat of an event, whatever partition it is in', async () => {
    const appender = createPartitionsAppender(partitions, { maxBacklog: 1_000, deadlineMs: 60_000 });
    const ids = ['a', 'b', 'c', 'd'];
    const first = await Promise.all(ids.map((id) => appender.append(anEvent(id))));
    const again = await Promise.all(ids.map((id) => appender.append(anEvent(id))));
    expect(again).toEqual(first.map((result) => ({ ...result, kind: 'duplicate' })));
  });

  it('have each their share of the backlog limit', async () => {
    const appender = createPartitionsAppender(partitions, { maxBacklog: 16, deadlineMs: 60_000 });
    const keyed = (id: string) => withAttributes(anEvent(id), { partitionkey: 'one' });
    expect(await appender.append(keyed('1'))).toMatchObject({ kind: 'accepted' });
    expect(await appender.append(keyed('2'))).toEqual({ kind: 'backlog-full', limit: 1 });
  });

  it('make retries when their time has come, and what was put off when it is to be delivered', async () => {
    const tools = new ScriptedTools((_call, nth) => (nth % 2 === 1 ? fails('TOOL_SERVER_ERROR', 'unknown') : ok()));
    await start(partitions, ROUTES, tools, { concurrency: 1 });
    const deliverat = new Date(Date.now() + 300).toISOString();
    const refs = [await post(anEvent('now')), await post(withAttributes(anEvent('later'), { deliverat }))];
    await untilDone(refs);
  });

  it('give up to others what a consumer left that is gone', async () => {
    const refs = [await post(anEvent('a')), await post(anEvent('b'))];
    for (const ref of refs) {
      const { keys, redis } = partitions.ofRef(ref) ?? partitions.home;
      await redis.xreadgroup('GROUP', 'consumers', 'gone', 'COUNT', 10, 'STREAMS', keys.events, '>');
    }
    await start(partitions, ROUTES, new ScriptedTools(() => ok()), { claimIdleMs: 600 });
    await untilDone(refs);
  });

  it('are all read again after one has lost its group, though there is work in others all the time', async () => {
    const consumer = await start(partitions, ROUTES, new ScriptedTools(() => ok()), { concurrency: 64 });
    let isOver = false;
    const load = (async () => {
      for (let n = 0; !isOver; n++) await post(withAttributes(anEvent(`busy-${n}`), { partitionkey: `k${n % 15}` }));
    })();
    try {
      await untilDone([await post(anEvent('before'))]);
      const after = anEvent('after');
      const { redis, keys } = partitions.forEvent(after);
      await redis.xgroup('DESTROY', keys.events, 'consumers');
      const ref = await post(after);
      // While there is no group, it cannot be said who works on it.
      const state = () => stateOf(ref).catch(() => undefined);
      await waitUntil(async () => (await state()) === 'done', 'it is done');
    } finally {
      isOver = true;
      await load;
    }
    const { values } = await consumer.metrics.groupRecreated.get();
    expect(values[0]?.value).toBeGreaterThan(0);
  });

  it('keep the order of a partition key, whoever works on it', async () => {
    const tools = new ScriptedTools(async () => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      return ok();
    });
    for (let at = 0; at < 3; at++) await start(partitions, ROUTES, tools);
    const refs: string[] = [];
    for (let at = 0; at < 120; at++)
      refs.push(await post(withAttributes(anEvent(`${at}`, 'order.paid'), { partitionkey: `k${at % 12}` })));
    await untilDone(refs);
    for (let key = 0; key < 12; key++) {
      const order = tools.calls
        .filter(({ arguments: args }) => args.key === `k${key}`)
        .map((call) => call.arguments.eventId);
      expect(order).toEqual(Array.from({ length: 10 }, (_, at) => `${at * 12 + key}`));
    }
  });

  it('take a consumer that is stopped out of every group', async () => {
    const consumer = await start(partitions, ROUTES, new ScriptedTools(() => ok()));
    await untilDone(await Promise.all(['a', 'b', 'c'].map((id) => post(anEvent(id)))));
    running.splice(0);
    await consumer.stop();
    const left = await Promise.all(partitions.all.map(listConsumers));
    expect(left.flat().filter(({ pending }) => pending > 0)).toEqual([]);
  });
});

describe('a wake-up that is lost', () => {
  it('costs time and no event: what nobody told of is found by looking', async () => {
    const quiet = anEvent('quiet');
    const stream = partitions.forEvent(quiet);
    await start(partitions, ROUTES, new ScriptedTools(() => ok()));
    // A partition in which there has just been something is looked at again.
    await untilDone([await post(withAttributes(anEvent('loud'), { partitionkey: 'x' }))]);
    const appended = await createAppender(mute(stream), { maxBacklog: 10, deadlineMs: 60_000 }).append(quiet);
    await untilDone(appended.kind === 'accepted' ? [appended.ref] : []);
  });

  it('is made good after the connection that hears them was cut', async () => {
    await start(partitions, ROUTES, new ScriptedTools(() => ok()));
    await untilDone([await post(anEvent('before'))]);
    await partitions.home.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    const during = anEvent('during');
    const appended = await createAppender(mute(partitions.forEvent(during)), {
      maxBacklog: 10,
      deadlineMs: 60_000,
    }).append(during);
    await untilDone(appended.kind === 'accepted' ? [appended.ref] : []);
  });
});
