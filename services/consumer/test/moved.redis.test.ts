import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Event } from '@millrace/events';
import {
  createPartitionsAppender,
  listDeadLetters,
  openPartitions,
  type Partitions,
  partitionOf,
  readRecord,
  redriveDeadLetter,
  type Stream,
  sampleStream,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { anEvent, fails, ok, ScriptedTools, someRoutes, startConsuming, type TestConsumer } from './start-consuming.js';

const PARTITIONS = 4;

let server: RedisServer;
let partitions: Partitions;
const running: TestConsumer[] = [];

const ROUTES = someRoutes(`
routes:
  - id: ship
    on: { type: order.paid }
    call: { server: aws, tool: ship }
    with: '{ "eventId": id, "subject": subject }'
    ordered: subject
    retry: { attempts: 2, initial: 5ms, max: 20ms }
  - id: bill
    on: { type: order.paid }
    call: { server: aws, tool: bill }
    with: '{ "eventId": id, "customer": data.customer }'
    ordered: data.customer
  - id: note
    on: { type: order.paid }
    call: { server: aws, tool: note }
    with: '{ "eventId": id }'
`);

async function start(tools: ScriptedTools, routes = ROUTES): Promise<TestConsumer> {
  const consumer = await startConsuming(partitions, routes, tools);
  running.push(consumer);
  return consumer;
}

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

const homeOf = (key: string) => partitionOf({ id: '', source: '', attributes: { partitionkey: key } }, PARTITIONS);

/** The first of these keys whose partition is this one. */
function keyIn(partition: number, front: string): string {
  const keys = Array.from({ length: 100 }, (_, at) => `${front}${at}`);
  return keys.find((key) => homeOf(key) === partition) ?? '';
}

function paid(id: string, partitionkey: string, subject: string, customer = subject): Event {
  const event = anEvent(id, 'order.paid', { customer });
  return { ...event, attributes: { ...event.attributes, partitionkey, subject } };
}

async function post(event: Event): Promise<string> {
  const result = await createPartitionsAppender(partitions, { maxBacklog: 10_000, deadlineMs: 5_000 }).append(event);
  if (result.kind !== 'accepted') throw new Error(`the event was ${result.kind}`);
  return result.ref;
}

const streamOf = (ref: string) => partitions.ofRef(ref) as Stream;
const recordOf = (ref: string) => readRecord(streamOf(ref), ref);
const deliveryOf = async (ref: string, route: string) =>
  (await recordOf(ref))?.deliveries.find((one) => one.route === route);

async function untilNothingIsOpen(): Promise<void> {
  await waitUntil(async () => {
    const samples = await Promise.all(partitions.all.map(sampleStream));
    return samples.every(({ backlog }) => backlog === 0);
  }, 'nothing is open');
  for (const sample of await Promise.all(partitions.all.map(sampleStream)))
    expect(sample).toMatchObject({ unaccounted: 0, departing: 0, queued: 0 });
  // No lane is left with something in it that never goes.
  expect(await partitions.home.redis.keys('test:{*}:lane*')).toEqual([]);
}

/** Ids of the events for which a tool was called, in order; by the text of an argument where one is named. */
const calledFor = (tools: ScriptedTools, tool: string, name = 'eventId', value?: string) =>
  tools.calls
    .filter((call) => call.tool === tool && (value === undefined || call.arguments[name] === value))
    .map((call) => String(call.arguments.eventId));

describe('a delivery that is in order by a key that belongs in another partition', () => {
  it('goes on there, along its route alone, and each record leads to the other', async () => {
    const tools = new ScriptedTools(() => ok());
    await start(tools);
    const ref = await post(paid('a', keyIn(0, 'p'), keyIn(1, 's'), keyIn(2, 'c')));
    await untilNothingIsOpen();
    expect(tools.calls.map(({ tool }) => tool).sort()).toEqual(['bill', 'note', 'ship']);
    const ship = await deliveryOf(ref, 'ship');
    const bill = await deliveryOf(ref, 'bill');
    expect([ship?.state, bill?.state, (await deliveryOf(ref, 'note'))?.state]).toEqual(['moved', 'moved', 'done']);
    expect([ship, bill].map((one) => one?.followUps[0]?.split('-')[0])).toEqual(['1', '2']);
    const there = await recordOf(ship?.followUps[0] ?? '');
    expect(there?.deliveries.map(({ route, state }) => [route, state])).toEqual([['ship', 'done']]);
    expect(there?.event?.attributes).toMatchObject({ id: 'a', millracefrom: ref, millraceroute: 'ship' });
  });

  it('stays where it is if its key belongs there', async () => {
    await start(new ScriptedTools(() => ok()));
    const ref = await post(paid('a', keyIn(3, 'p'), keyIn(3, 's')));
    await untilNothingIsOpen();
    expect((await recordOf(ref))?.deliveries.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  });

  it('goes out one at a time with all of its key, and in order with those that were accepted where it was', async () => {
    const under = new Set<string>();
    let overlaps = 0;
    const tools = new ScriptedTools(async ({ tool, arguments: { subject, customer } }) => {
      const key = `${tool} ${String(subject ?? customer)}`;
      if (tool !== 'note' && under.has(key)) overlaps += 1;
      under.add(key);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
      under.delete(key);
      return ok();
    });
    for (let at = 0; at < 3; at++) await start(tools);
    const subjects = ['x', 'y', 'z'];
    for (let nth = 0; nth < 4; nth++)
      await Promise.all(
        [0, 1, 2, 3].flatMap((origin) =>
          subjects.map((subject) => post(paid(`${origin}-${subject}-${nth}`, keyIn(origin, 'p'), subject))),
        ),
      );
    await untilNothingIsOpen();
    expect(overlaps).toBe(0);
    for (const tool of ['ship', 'bill']) {
      expect(new Set(calledFor(tools, tool)).size).toBe(48);
      expect(tools.calls.filter((call) => call.tool === tool)).toHaveLength(48);
      for (const origin of [0, 1, 2, 3])
        for (const subject of subjects) {
          const own = calledFor(tools, tool).filter((id) => id.startsWith(`${origin}-${subject}-`));
          expect(own).toEqual(Array.from({ length: 4 }, (_, nth) => `${origin}-${subject}-${nth}`));
        }
    }
  });

  it('is tried again, dies and is redriven where it has gone on, under the one key of its effect', async () => {
    let isMended = false;
    const tools = new ScriptedTools(({ tool }) =>
      tool === 'ship' && !isMended ? fails('TOOL_SERVER_ERROR', 'unknown') : ok(),
    );
    await start(tools);
    const ref = await post(paid('a', keyIn(0, 'p'), keyIn(1, 's')));
    const there = partitions.all[1] as Stream;
    const [letter] = await waitUntil(async () => {
      const items = (await listDeadLetters(there, { limit: 10 }))?.items ?? [];
      return items.length > 0 && items;
    }, 'it is dead');
    expect(letter?.delivery).toMatchObject({ route: 'ship', attempts: 2 });
    isMended = true;
    expect(await redriveDeadLetter(there, letter?.id ?? '')).toBe('redriven');
    await untilNothingIsOpen();
    const keys = tools.calls.filter(({ tool }) => tool === 'ship').map(({ idempotencyKey }) => idempotencyKey);
    expect([keys.length, new Set(keys).size]).toEqual([3, 1]);
    expect(await deliveryOf(ref, 'ship')).toMatchObject({ state: 'moved', attempts: 1 });
  });
});
