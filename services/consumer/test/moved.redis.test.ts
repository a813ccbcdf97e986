import { describe, expect, it } from '@jest/globals';
import type { Event } from '@millrace/events';
import {
  listDeadLetters,
  readRecord,
  readWholeRecord,
  redriveDeadLetter,
  type Stream,
  sampleStream,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { keyIn, partitions, post, setFourPartitions, startConsumer, untilNothingIsOpen } from './four-partitions.js';
import { anEvent, fails, ok, ScriptedTools, someRoutes } from './start-consuming.js';

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

setFourPartitions();

const start = (tools: ScriptedTools, routes = ROUTES) => startConsumer(routes, tools);

function paid(id: string, partitionkey: string, subject: string, customer = subject): Event {
  const event = anEvent(id, 'order.paid', { customer });
  return { ...event, attributes: { ...event.attributes, partitionkey, subject } };
}

const streamOf = (ref: string) => partitions.ofRef(ref) as Stream;
const recordOf = (ref: string) => readRecord(streamOf(ref), ref);
const deliveryOf = async (ref: string, route: string) =>
  (await recordOf(ref))?.deliveries.find((one) => one.route === route);

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

describe('events of one key that came from two partitions', () => {
  const routeThat = (onFailure: string, attempts: number) =>
    someRoutes(`
routes:
  - id: ship
    on: { type: order.paid }
    call: { server: aws, tool: ship }
    with: '{ "eventId": id }'
    ordered: { by: subject, onFailure: ${onFailure} }
    retry: { attempts: ${attempts}, initial: 5ms, max: 20ms }
`);
  /** The tool fails for this event until it is told otherwise. */
  const failingFor = (failing: Set<string>) =>
    new ScriptedTools(({ arguments: { eventId } }) =>
      failing.has(String(eventId)) ? fails('TOOL_SERVER_ERROR', 'unknown') : ok(),
    );
  const there = () => partitions.all[1] as Stream;
  const countIn = async (stream: Stream) => (await sampleStream(stream)).backlog;

  it('wait where the key is while the first is tried again, with block', async () => {
    const failing = new Set(['a']);
    const tools = failingFor(failing);
    await start(tools, routeThat('block', 50));
    const subject = keyIn(1, 's');
    await post(paid('a', keyIn(0, 'p'), subject));
    await waitUntil(() => tools.calls.length > 1, 'it is tried again');
    await post(paid('b', keyIn(2, 'p'), subject));
    await waitUntil(async () => (await countIn(there())) === 2, 'the second is there as well');
    expect(calledFor(tools, 'ship')).not.toContain('b');
    failing.clear();
    await untilNothingIsOpen();
    expect([...new Set(calledFor(tools, 'ship'))]).toEqual(['a', 'b']);
  });

  it('pass the first that has failed, with skip, and it comes again after them', async () => {
    const failing = new Set(['a']);
    const tools = failingFor(failing);
    await start(tools, routeThat('skip', 50));
    const subject = keyIn(1, 's');
    await post(paid('a', keyIn(0, 'p'), subject));
    await waitUntil(() => tools.calls.length > 0, 'the first has failed');
    await post(paid('b', keyIn(2, 'p'), subject));
    await waitUntil(() => calledFor(tools, 'ship').includes('b'), 'the second has passed it');
    failing.clear();
    await untilNothingIsOpen();
    expect(calledFor(tools, 'ship').at(-1)).toBe('a');
    expect(calledFor(tools, 'ship').filter((id) => id === 'b')).toHaveLength(1);
  });

  it('wait behind a dead one, with stop, until it is redriven where it is', async () => {
    const failing = new Set(['a']);
    const tools = failingFor(failing);
    await start(tools, routeThat('stop', 1));
    const subject = keyIn(1, 's');
    const first = await post(paid('a', keyIn(0, 'p'), subject));
    await waitUntil(async () => (await readWholeRecord(partitions, first))?.state === 'dead', 'the first is dead');
    await post(paid('b', keyIn(2, 'p'), subject));
    await waitUntil(async () => (await sampleStream(there())).queued === 1, 'the second waits behind it');
    failing.clear();
    const [letter] = (await listDeadLetters(there(), { limit: 10 }))?.items ?? [];
    expect(await redriveDeadLetter(there(), letter?.id ?? '')).toBe('redriven');
    await untilNothingIsOpen();
    expect(calledFor(tools, 'ship')).toEqual(['a', 'a', 'b']);
  });
});

describe('the whole record of an event of which a delivery has moved', () => {
  it('is open while that is under way elsewhere, and tells what became of it, under the ref that it has there', async () => {
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const tools = new ScriptedTools(async ({ tool }) => {
      if (tool === 'ship') await answered;
      return ok();
    });
    await start(tools);
    const ref = await post(paid('a', keyIn(0, 'p'), keyIn(1, 's'), keyIn(0, 'c')));
    await waitUntil(() => tools.calls.length === 3, 'all three tools are called');
    await waitUntil(async () => (await recordOf(ref))?.state === 'done', 'nothing is left where it came in');
    const open = await readWholeRecord(partitions, ref);
    expect([open?.state, open?.finishedAt]).toEqual(['open', undefined]);
    answer();
    await untilNothingIsOpen();
    const whole = await readWholeRecord(partitions, ref);
    expect([whole?.ref, whole?.state]).toEqual([ref, 'done']);
    expect(whole?.deliveries.find(({ route }) => route === 'ship')).toMatchObject({
      state: 'done',
      attempts: 1,
      starts: 1,
      movedTo: expect.stringMatching(/^1-/),
      followUps: [],
    });
    const there = await recordOf(String((await deliveryOf(ref, 'ship'))?.followUps[0]));
    expect(whole?.finishedAt).toEqual(there?.finishedAt);
  });

  it('says no more than that it has moved once the record there has had its time', async () => {
    await start(new ScriptedTools(() => ok()));
    const ref = await post(paid('a', keyIn(0, 'p'), keyIn(1, 's'), keyIn(0, 'c')));
    await untilNothingIsOpen();
    const [movedTo = ''] = (await deliveryOf(ref, 'ship'))?.followUps ?? [];
    const { redis, keys } = streamOf(movedTo);
    await redis.del(keys.record(movedTo));
    const whole = await readWholeRecord(partitions, ref);
    expect(whole?.state).toBe('done');
    expect(whole?.deliveries.find(({ route }) => route === 'ship')).toMatchObject({ state: 'moved', movedTo });
  });
});
