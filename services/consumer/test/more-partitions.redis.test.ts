import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Event } from '@millrace/events';
import type { CallOutcome } from '@millrace/mcp-client';
import type { RouteTable } from '@millrace/routing';
import {
  type Appender,
  beginChange,
  completeChange,
  createPartitionsAppender,
  openPartitions,
  type Partitions,
  partitionOf,
  readRecord,
  redriveDeadLetter,
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

async function start(tools: ScriptedTools, ...more: [RouteTable?, object?]): Promise<TestConsumer> {
  const [routes = ROUTES, options = {}] = more;
  const consumer = await startConsuming(await openOther(), routes, tools, options);
  running.push(consumer);
  return consumer;
}

async function post(id: string | Event): Promise<string> {
  const result = await appender.append(typeof id === 'string' ? anEvent(id) : id);
  if (result.kind !== 'accepted') throw new Error(`the event was ${result.kind}`);
  return result.ref;
}

async function untilDone(refs: readonly string[]): Promise<void> {
  const isDone = async (ref: string) => {
    const stream = partitions.ofRef(ref) ?? partitions.home;
    // On a busy machine a read may run out of time: it is asked again.
    return (await readRecord(stream, ref).catch(() => undefined))?.state === 'done';
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
  appender = createPartitionsAppender(partitions, { maxBacklog: 100_000, deadlineMs: 60_000 });
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

const ORDERED = (onFailure: string) =>
  someRoutes(`
routes:
  - id: ship
    on: { type: order.paid }
    call: { server: aws, tool: ship }
    with: '{ "key": partitionkey, "n": data.n }'
    ordered: ${onFailure}
    retry: { attempts: 3, initial: 20ms, max: 40ms }
`);
const BLOCK = ORDERED('partitionkey');

/** The nth event of a key. */
function keyed(key: string, n: number): Event {
  const event = anEvent(`${key}-${n}`, 'order.paid', { n });
  return { ...event, attributes: { ...event.attributes, partitionkey: key } };
}

const KEYS = idsOf('k', 64);
const isMoved = (key: string, to: number) => partitionOf(keyed(key, 0), to) !== 0;
const MOVED = KEYS.find((key) => isMoved(key, 4)) ?? '';

/** What was called, key by key, and whether two calls of a key were ever under way together. */
class Shipments extends ScriptedTools {
  readonly under = new Set<string>();
  overlaps = 0;

  constructor(answer: (key: string, n: number, times: number) => CallOutcome | Promise<CallOutcome>) {
    const times = new Map<string, number>();
    super(async ({ arguments: args }) => {
      const [key, n] = [String(args.key), Number(args.n)];
      if (this.under.has(key)) this.overlaps += 1;
      this.under.add(key);
      const time = (times.get(`${key}-${n}`) ?? 0) + 1;
      times.set(`${key}-${n}`, time);
      try {
        return await answer(key, n, time);
      } finally {
        this.under.delete(key);
      }
    });
  }

  /** The numbers of a key's events, in the order of their first calls. */
  of(key: string): number[] {
    const own = this.calls.filter(({ arguments: args }) => args.key === key).map(({ arguments: { n } }) => Number(n));
    return own.filter((n, at) => own.indexOf(n) === at);
  }
}

async function deliveryOf(ref: string) {
  return (await readRecord(partitions.ofRef(ref) ?? partitions.home, ref))?.deliveries[0];
}

async function untilBehind(ref: string): Promise<void> {
  await waitUntil(async () => (await deliveryOf(ref))?.behind === 0, `${ref} waits for what is in partition 0`);
}

describe('the order of a key that goes from one partition to another', () => {
  it('is kept while its earlier event is tried again, and holds up no other key', async () => {
    let isMended = false;
    const tools = new Shipments((key, n) =>
      key === MOVED && n === 0 && !isMended ? fails('TOOL_UNREACHABLE', 'not-sent') : ok(),
    );
    await start(tools, BLOCK);
    const first = await post(keyed(MOVED, 0));
    await waitUntil(() => tools.of(MOVED).length > 0, 'it was tried');
    await changeTo(4);
    const second = await post(keyed(MOVED, 1));
    const others = await Promise.all(KEYS.filter((key) => key !== MOVED).map((key) => post(keyed(key, 0))));
    await untilBehind(second);
    await untilDone(others);
    expect(tools.of(MOVED)).toEqual([0]);
    isMended = true;
    await untilDone([first, second]);
    expect(tools.of(MOVED)).toEqual([0, 1]);
    // Waiting used up none of its attempts.
    expect(tools.calls.filter(({ arguments: { key, n } }) => key === MOVED && n === 1)).toHaveLength(1);
  });

  it('is kept while its earlier events have not been read yet', async () => {
    const before: string[] = [];
    for (let n = 0; n < 5; n++) before.push(await post(keyed(MOVED, n)));
    await changeTo(4);
    const after: string[] = [];
    for (let n = 5; n < 8; n++) after.push(await post(keyed(MOVED, n)));
    const tools = new Shipments(() => ok());
    await start(tools, BLOCK);
    await start(tools, BLOCK);
    await untilDone([...before, ...after]);
    expect(tools.of(MOVED)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(tools.overlaps).toBe(0);
  });

  it('is kept while its earlier event is held by a consumer that died before it entered its lane', async () => {
    const first = await post(keyed(MOVED, 0));
    const { redis, keys } = partitions.home;
    await redis.xreadgroup('GROUP', 'consumers', 'gone', 'COUNT', 1, 'STREAMS', keys.events, '>');
    await changeTo(4);
    const second = await post(keyed(MOVED, 1));
    const tools = new Shipments(() => ok());
    await start(tools, BLOCK, { claimIdleMs: 600 });
    await untilBehind(second);
    expect(tools.calls).toEqual([]);
    await untilDone([first, second]);
    expect(tools.of(MOVED)).toEqual([0, 1]);
  });

  it('is kept by a dead letter that holds its key, until somebody sends it on its way', async () => {
    let isMended = false;
    const tools = new Shipments((_key, n) => (n === 0 && !isMended ? fails('TOOL_SERVER_ERROR', 'unknown') : ok()));
    await start(tools, ORDERED('{ by: partitionkey, onFailure: stop }'));
    const first = await post(keyed(MOVED, 0));
    await waitUntil(async () => (await deliveryOf(first))?.state === 'dead', 'the first one is dead');
    await changeTo(4);
    const second = await post(keyed(MOVED, 1));
    await untilBehind(second);
    isMended = true;
    await redriveDeadLetter(partitions.home, `${first}.ship`);
    await untilDone([first, second]);
    expect(tools.of(MOVED)).toEqual([0, 1]);
  });

  it('is kept over two changes', async () => {
    const key = KEYS.find((one) => isMoved(one, 2) && partitionOf(keyed(one, 0), 8) > 1) ?? '';
    let isMended = false;
    const tools = new Shipments((_key, n) => (n === 0 && !isMended ? fails('TOOL_UNREACHABLE', 'not-sent') : ok()));
    await start(tools, BLOCK);
    const refs = [await post(keyed(key, 0))];
    await waitUntil(() => tools.calls.length > 0, 'it was tried');
    await changeTo(2);
    refs.push(await post(keyed(key, 1)));
    await changeTo(8);
    refs.push(await post(keyed(key, 2)));
    expect(new Set(refs.map((ref) => ref.split('-')[0])).size).toBe(3);
    await waitUntil(async () => (await deliveryOf(refs[2] ?? ''))?.behind !== undefined, 'the last one waits');
    isMended = true;
    await untilDone(refs);
    expect(tools.of(key)).toEqual([0, 1, 2]);
  });

  it('is kept for 64 keys under load, while consumers come and go and calls fail', async () => {
    const tools = new Shipments(async (key, n, times) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
      return times === 1 && (n * 7 + key.length) % 50 === 0 ? fails('TOOL_UNREACHABLE', 'not-sent') : ok();
    });
    for (let at = 0; at < 3; at++) await start(tools, BLOCK);
    const refs: string[] = [];
    const eventsEach = 10;
    const send = async (key: string) => {
      for (let n = 0; n < eventsEach; n++) refs.push(await post(keyed(key, n)));
    };
    const sending = Promise.all(KEYS.map(send));
    await waitUntil(() => refs.length > 64, 'events come in');
    const changing = changeTo(16);
    const [leaving] = running.splice(0, 1);
    await start(tools, BLOCK);
    await leaving?.stop();
    await Promise.all([changing, sending]);
    await untilDone(refs);
    expect(tools.overlaps).toBe(0);
    for (const key of KEYS) expect(tools.of(key)).toEqual(Array.from({ length: eventsEach }, (_, n) => n));
  });
});
