import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Event } from '@millrace/events';
import type { CallOutcome } from '@millrace/mcp-client';
import { RouteTable } from '@millrace/routing';
import {
  beginChange,
  completeChange,
  createPartitionsAppender,
  openPartitions,
  type Partitions,
  placeOfKey,
  readWholeRecord,
  redriveDeadLetter,
  sampleStream,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { anEvent, fails, ok, ScriptedTools, someRoutes, startConsuming, type TestConsumer } from './start-consuming.js';

let server: RedisServer;
let partitions: Partitions;
const running: TestConsumer[] = [];
const opened: Partitions[] = [];

const routesThat = (onFailure: string) =>
  someRoutes(`
routes:
  - id: ship
    on: { type: order.paid }
    call: { server: aws, tool: ship }
    with: '{ "key": subject, "sender": partitionkey, "n": data.n }'
    ordered: { by: subject, onFailure: ${onFailure} }
    retry: { attempts: 50, initial: 5ms, max: 20ms }
  - id: bill
    on: { type: order.paid }
    call: { server: aws, tool: bill }
    with: '{ "key": data.customer, "sender": partitionkey, "n": data.n }'
    ordered: { by: data.customer, onFailure: ${onFailure} }
    retry: { attempts: 50, initial: 5ms, max: 20ms }
`);

const ONLY_SHIP = new RouteTable(routesThat('block').all.filter(({ id }) => id === 'ship'));
const STOPPING = new RouteTable(routesThat('stop').all.filter(({ id }) => id === 'ship'));

/** A process of its own: it has to find out by itself. */
async function openOther(wanted = 1): Promise<Partitions> {
  const other = await openPartitions({ redisUrl: server.url, namespace: 'test', partitions: wanted });
  opened.push(other);
  return other;
}

/** A deployment of so many partitions. */
async function open(wanted: number): Promise<void> {
  partitions = await openOther(wanted);
}

async function start(tools: ScriptedTools, routes: RouteTable = routesThat('block')): Promise<TestConsumer> {
  const consumer = await startConsuming(await openOther(), routes, tools);
  running.push(consumer);
  return consumer;
}

async function changeTo(wanted: number): Promise<void> {
  await beginChange(partitions, wanted);
  await completeChange(partitions);
}

/** The nth event that a sender has for a key. */
function paid(sender: string, key: string, n: number, customer = `customer of ${key}`): Event {
  const event = anEvent(`${sender}/${key}/${n}`, 'order.paid', { n, customer });
  return { ...event, attributes: { ...event.attributes, partitionkey: sender, subject: key } };
}

async function post(event: Event, by = partitions): Promise<string> {
  const result = await createPartitionsAppender(by, { maxBacklog: 100_000, deadlineMs: 10_000 }).append(event);
  if (result.kind !== 'accepted') throw new Error(`the event was ${result.kind}`);
  return result.ref;
}

const NAMES = Array.from({ length: 400 }, (_, at) => `k${at}`);

/** A key that belongs in one partition of so many, and in another of so many more. */
function keyAt(before: readonly [number, number], after: readonly [number, number], front = ''): string {
  const isAt = (key: string, [partition, of]: readonly [number, number]) => placeOfKey(key) % of === partition;
  return NAMES.map((name) => front + name).find((key) => isAt(key, before) && isAt(key, after)) ?? '';
}

/** What was called, and whether two calls for one key were ever under way together. */
class Calls extends ScriptedTools {
  overlaps = 0;

  constructor(answer: (id: string, tool: string) => CallOutcome | Promise<CallOutcome> = () => ok()) {
    const under = new Set<string>();
    super(async ({ tool, arguments: { key, sender, n } }) => {
      const name = `${tool} ${String(key)}`;
      if (under.has(name)) this.overlaps += 1;
      under.add(name);
      try {
        return await answer(`${String(sender)}/${String(key)}/${String(n)}`, tool);
      } finally {
        under.delete(name);
      }
    });
  }

  /** The numbers of the events of a sender for a key, of all senders where none is named, in the order of their first calls. */
  of(key: string, sender?: string, tool = 'ship'): number[] {
    const own = this.calls.filter(({ tool: called, arguments: args }) => called === tool && args.key === key);
    const numbers = own
      .filter(({ arguments: args }) => sender === undefined || args.sender === sender)
      .map(({ arguments: { n } }) => Number(n));
    return numbers.filter((n, at) => numbers.indexOf(n) === at);
  }
}

async function untilNothingIsOpen(): Promise<void> {
  await waitUntil(async () => {
    await partitions.refresh();
    const samples = await Promise.all(partitions.all.map(sampleStream));
    return samples.every(({ backlog }) => backlog === 0);
  }, 'nothing is open');
  for (const sample of await Promise.all(partitions.all.map(sampleStream)))
    expect(sample).toMatchObject({ unaccounted: 0, departing: 0, queued: 0 });
  for (const left of ['test:{*}:lane:*', 'test:{*}:outbox']) expect(await partitions.home.redis.keys(left)).toEqual([]);
}

async function untilBehind(ref: string, partition: number): Promise<void> {
  await waitUntil(async () => {
    const record = await readWholeRecord(partitions, ref);
    return record?.deliveries.some(({ route, behind }) => route === 'ship' && behind === partition);
  }, `${ref} waits for what is in partition ${partition}`);
}

beforeAll(async () => {
  server = await startRedisServer();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(() => open(1));

afterEach(async () => {
  for (const consumer of running.splice(0)) await consumer.stop();
  await partitions.home.redis.flushall();
  for (const one of opened.splice(0)) await one.close();
});

/** A deployment that is anew one of so many partitions. */
async function openAnew(wanted: number): Promise<void> {
  await partitions.home.redis.flushall();
  for (const one of opened.splice(0)) await one.close();
  await open(wanted);
}

describe('a key by which a route is in order, while the number of partitions is changed', () => {
  it.each([
    ['its event is accepted where the key is by then', 1, 1],
    ['its event has to go there from another new partition', 2, 1],
    ['its event has to go there from where it always was', 0, 1],
    ['it stays where it is, and its event comes there from a new partition', 1, 0],
  ])('keeps what was accepted before the change before what comes after it: %s', async (_what, origin, home) => {
    const [sender, key] = [keyAt([0, 1], [origin, 4], 's'), keyAt([0, 1], [home, 4])];
    for (const n of [0, 1, 2]) await post(paid(sender, key, n));
    await changeTo(4);
    for (const n of [3, 4, 5]) expect(await post(paid(sender, key, n))).toMatch(new RegExp(`^${origin}-`));
    const tools = new Calls();
    await start(tools);
    await start(tools);
    await untilNothingIsOpen();
    expect(tools.of(key)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(tools.overlaps).toBe(0);
  });

  it.each([
    ['its events come from where they did', [0, 0], [1, 3]],
    ['its events come from a new partition', [0, 2], [1, 3]],
    ['it stays where it is, and its events come from a new partition', [0, 4], [1, 1]],
  ] as const)('waits for what a consumer that died had on its way: %s', async (_what, [of2, of8], [home2, home8]) => {
    await openAnew(2);
    const [sender, key] = [keyAt([of2, 2], [of8, 8], 's'), keyAt([home2, 2], [home8, 8])];
    // Somebody who has died was about to move what others settle.
    const { redis, keys } = partitions.home;
    await redis.set(keys.mover, 'gone', 'PX', 600_000);
    const tools = new Calls();
    const leaving = await start(tools, ONLY_SHIP);
    for (const n of [0, 1]) await post(paid(sender, key, n));
    await waitUntil(async () => (await redis.xlen(keys.outbox)) === 2, 'both are on their way');
    await leaving.stop();
    await changeTo(8);
    const last = [await post(paid(sender, key, 2)), await post(paid(sender, key, 3))];
    await start(tools, ONLY_SHIP);
    await start(tools, ONLY_SHIP);
    // Where its sender is in a new partition, the first waits there; else both have followed those before them.
    if (of8 !== 0) await untilBehind(last[0] ?? '', 0);
    else await waitUntil(async () => (await redis.xlen(keys.outbox)) === 4, 'all four are on their way');
    expect(tools.calls).toEqual([]);
    await redis.del(keys.mover);
    await untilNothingIsOpen();
    expect(tools.of(key)).toEqual([0, 1, 2, 3]);
    expect(tools.calls).toHaveLength(4);
  });

  it('takes what comes for it to where it is now, though the consumer that reads it has not heard of the change', async () => {
    const [sender, key] = [keyAt([0, 1], [0, 4], 's'), keyAt([0, 1], [2, 4])];
    const tools = new Calls();
    running.push(await startConsuming(await openOther(), ONLY_SHIP, tools, { sweepMs: 60_000 }));
    await post(paid(sender, key, 0));
    await untilNothingIsOpen();
    await changeTo(4);
    const ref = await post(paid(sender, key, 1));
    await untilNothingIsOpen();
    expect(ref).toMatch(/^0-/);
    expect(await readWholeRecord(partitions, ref)).toMatchObject({
      deliveries: [{ state: 'done', movedTo: expect.stringMatching(/^2-/) }],
    });
  });

  it('carries a change on that has come to a stop half way, and is not held up by it', async () => {
    const [sender, key] = [keyAt([0, 1], [0, 4], 's'), keyAt([0, 1], [2, 4])];
    await post(paid(sender, key, 0));
    await beginChange(partitions, 4);
    await partitions.home.writes.run('fence', [partitions.home.keys.events, partitions.home.keys.counters], [2]);
    const tools = new Calls();
    await start(tools, ONLY_SHIP);
    await untilNothingIsOpen();
    expect([tools.of(key), partitions.map.active.partitions]).toEqual([[0], 4]);
  });

  it('waits where it is now while its event is tried again where it was, and holds up no other', async () => {
    const [first, second] = [keyAt([0, 1], [0, 4], 's'), keyAt([0, 1], [3, 4], 's')];
    const [key, other] = [keyAt([0, 1], [2, 4]), keyAt([0, 1], [2, 4], 'other')];
    let isMended = false;
    const tools = new Calls((id) =>
      id === `${first}/${key}/0` && !isMended ? fails('TOOL_UNREACHABLE', 'not-sent') : ok(),
    );
    await start(tools);
    const refs = [await post(paid(first, key, 0))];
    await waitUntil(() => tools.of(key).length > 0, 'it was tried');
    await changeTo(4);
    refs.push(await post(paid(second, key, 1)));
    await post(paid(second, other, 0));
    await waitUntil(() => tools.of(other).length > 0, 'the other key goes on');
    isMended = true;
    await untilNothingIsOpen();
    expect(tools.of(key)).toContain(1);
    expect(tools.overlaps).toBe(0);
    for (const ref of refs) expect((await readWholeRecord(partitions, ref))?.state).toBe('done');
  });

  it('is held by a dead letter where it was, until somebody sends that on its way', async () => {
    await openAnew(2);
    const [first, second] = [keyAt([1, 2], [1, 8], 's'), keyAt([0, 2], [0, 8], 's')];
    const key = keyAt([1, 2], [3, 8]);
    let isMended = false;
    const tools = new Calls((id) =>
      id.endsWith('/0') && !isMended ? fails('TOOL_ARGUMENTS_INVALID', 'refused') : ok(),
    );
    await start(tools, STOPPING);
    // One that was accepted where the key was, and one that came there.
    const refs = [await post(paid(first, key, 0))];
    await waitUntil(() => tools.calls.length > 0, 'it was called');
    await waitUntil(async () => (await readWholeRecord(partitions, refs[0] ?? ''))?.state === 'dead', 'it is dead');
    await changeTo(8);
    refs.push(await post(paid(first, key, 1)), await post(paid(second, key, 2)));
    await untilBehind(refs[2] ?? '', 1);
    expect(tools.of(key)).toEqual([0]);
    isMended = true;
    await redriveDeadLetter(partitions.ofRef(refs[0] ?? '') ?? partitions.home, `${refs[0]}.ship`);
    await untilNothingIsOpen();
    expect([tools.of(key, first), tools.of(key, second)]).toEqual([[0, 1], [2]]);
    expect(tools.overlaps).toBe(0);
  });

  it('keeps its order over two changes', async () => {
    const [sender, key] = [keyAt([1, 2], [5, 8], 's'), keyAt([1, 2], [3, 8])];
    let isMended = false;
    const tools = new Calls((id) => (id.endsWith('/0') && !isMended ? fails('TOOL_UNREACHABLE', 'not-sent') : ok()));
    await start(tools, ONLY_SHIP);
    await post(paid(sender, key, 0));
    await waitUntil(() => tools.calls.length > 0, 'it was tried');
    await changeTo(2);
    await post(paid(sender, key, 1));
    await changeTo(8);
    await post(paid(sender, key, 2));
    await start(tools, ONLY_SHIP);
    isMended = true;
    await untilNothingIsOpen();
    expect(tools.of(key)).toEqual([0, 1, 2]);
    expect(tools.overlaps).toBe(0);
  });

  it.each([
    [1, 4],
    [2, 8],
  ])(
    'goes out one at a time, each sender in order, under load from %i to %i, while consumers come and go',
    async (from, to) => {
      await openAnew(from);
      const tools = new Calls(async (id) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
        const isFirst = !seen.has(id);
        seen.add(id);
        return isFirst && id.endsWith('3') ? fails('TOOL_UNREACHABLE', 'not-sent') : ok();
      });
      const seen = new Set<string>();
      for (let at = 0; at < 3; at++) await start(tools);
      const [senders, names, each] = [NAMES.slice(0, 6), NAMES.slice(20, 26), 5];
      let posted = 0;
      const sending = Promise.all(
        senders.map(async (sender, at) => {
          // Each by the map that it knows.
          const by = at % 2 === 0 ? partitions : await openOther();
          for (let n = 0; n < each; n++)
            for (const key of names) {
              await post(paid(sender, key, n), by);
              posted += 1;
            }
        }),
      );
      await waitUntil(() => posted > 50, 'events come in');
      const changing = changeTo(to);
      const [leaving] = running.splice(0, 1);
      await start(tools);
      await leaving?.stop();
      await Promise.all([changing, sending]);
      await untilNothingIsOpen();
      expect(tools.overlaps).toBe(0);
      const inOrder = Array.from({ length: each }, (_, n) => n);
      for (const sender of senders)
        for (const key of names) {
          expect([sender, key, tools.of(key, sender)]).toEqual([sender, key, inOrder]);
          expect([sender, key, tools.of(`customer of ${key}`, sender, 'bill')]).toEqual([sender, key, inOrder]);
        }
    },
  );
});
