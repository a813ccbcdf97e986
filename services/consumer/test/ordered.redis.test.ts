import { describe, expect, it } from '@jest/globals';
import type { CallOutcome } from '@millrace/mcp-client';
import {
  cancelEvent,
  discardDeadLetter,
  laneNameOf,
  mendLanes,
  openBlockingSource,
  readRecord,
  redriveDeadLetter,
  releaseLeases,
  resolveDeadLetter,
  sampleStream,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { makeDue, setStage, start, stream } from './stage.js';
import {
  anEvent,
  fails,
  ok,
  post,
  ScriptedTools,
  someRoutes,
  type TestConsumer,
  untilAborted,
  untilState,
} from './start-consuming.js';

setStage();

const route = (ordered: string, more = '') => `
routes:
  - id: in-order
    on: { type: order.created }
    call: { server: aws, tool: note }
    with: '{ "key": data.key, "n": data.n }'
    ordered: ${ordered}
    retry: { attempts: 3, initial: 20ms, max: 40ms }
    ${more}
`;

const HOUR_MS = 3_600_000;

interface Note {
  readonly key: string;
  readonly n: number;
}

const noteOf = (args: Readonly<Record<string, unknown>>) => args as unknown as Note;
const anOrder = (key: string, n: number) => anEvent(`${key}-${n}`, 'order.created', { key, n });

function startOrdered(routes: string, tools: ScriptedTools, options: object = {}): Promise<TestConsumer> {
  return start(stream, someRoutes(routes), tools, { concurrency: 8, drainMs: 100, ...options });
}

/** Answers as the test says while it says so, and well otherwise. */
function failing(answer: (note: Note, nth: number) => CallOutcome | undefined): ScriptedTools {
  return new ScriptedTools(({ arguments: args }, nth) => answer(noteOf(args), nth) ?? ok());
}

async function postAll(key: string, count: number): Promise<string[]> {
  const refs: string[] = [];
  for (let n = 0; n < count; n++) refs.push(await post(stream, anOrder(key, n)));
  return refs;
}

async function untilQuiet(): Promise<void> {
  await waitUntil(async () => {
    const { backlog, pending } = await sampleStream(stream);
    return backlog === 0 && pending === 0;
  }, 'everything is settled');
}

/** What the tool was asked to note of a key, in the order of the calls. */
function notesOf(tools: ScriptedTools, key: string): number[] {
  return tools.calls.map(({ arguments: args }) => noteOf(args)).flatMap((note) => (note.key === key ? [note.n] : []));
}

describe('an ordered route', () => {
  it('delivers the events of a key one at a time, in the order of acceptance, over all consumers', async () => {
    const running = new Map<string, number>();
    let overlaps = 0;
    const tools = new ScriptedTools(async ({ arguments: args }) => {
      const { key } = noteOf(args);
      running.set(key, (running.get(key) ?? 0) + 1);
      if ((running.get(key) ?? 0) > 1) overlaps += 1;
      await new Promise((resolve) => setTimeout(resolve, 2));
      running.set(key, (running.get(key) ?? 0) - 1);
      return ok();
    });
    for (let n = 0; n < 3; n++) await startOrdered(route('data.key'), tools);
    for (let n = 0; n < 40; n++) await Promise.all(['a', 'b', 'c'].map((key) => post(stream, anOrder(key, n))));
    await untilQuiet();
    expect(overlaps).toBe(0);
    for (const key of ['a', 'b', 'c']) expect(notesOf(tools, key)).toEqual(Array.from({ length: 40 }, (_, n) => n));
    expect(await stream.redis.scard(stream.keys.lanes)).toBe(0);
    expect(await stream.redis.keys(`${stream.keys.lane('')}*`)).toEqual([]);
  });

  it('keeps the order while consumers come and go and calls fail', async () => {
    const seen = new Map<string, number>();
    const tools = new ScriptedTools(async ({ arguments: args }) => {
      const { key, n } = noteOf(args);
      await new Promise((resolve) => setTimeout(resolve, 1));
      const before = seen.get(`${key}-${n}`) ?? 0;
      seen.set(`${key}-${n}`, before + 1);
      return before === 0 && (n * 7 + key.charCodeAt(0)) % 20 === 0 ? fails('TOOL_UNREACHABLE', 'not-sent') : ok();
    });
    const keys = Array.from({ length: 16 }, (_, n) => String.fromCharCode(97 + n));
    const consumers: TestConsumer[] = [];
    const stops: Promise<void>[] = [];
    for (let n = 0; n < 3; n++) consumers.push(await startOrdered(route('data.key'), tools));
    for (let n = 0; n < 25; n++) {
      await Promise.all(keys.map((key) => post(stream, anOrder(key, n))));
      if (n % 5 !== 0) continue;
      // Gives back what it holds in the middle of calls.
      stops.push(consumers.shift()?.stop() ?? Promise.resolve());
      consumers.push(await startOrdered(route('data.key'), tools));
    }
    await Promise.all(stops);
    await untilQuiet();
    for (const key of keys) {
      const firsts = notesOf(tools, key).filter((n, at, all) => all.indexOf(n) === at);
      expect(firsts).toEqual(Array.from({ length: 25 }, (_, n) => n));
    }
    expect(await sampleStream(stream)).toMatchObject({ queued: 0, unaccounted: 0, deadLetters: 0 });
  });

  it('lets a key wait without holding a place or another key', async () => {
    const tools = new ScriptedTools(({ arguments: args }, _nth, signal) =>
      noteOf(args).key === 'stuck' ? untilAborted(signal) : ok(),
    );
    await startOrdered(route('data.key'), tools, { concurrency: 2 });
    await postAll('stuck', 10);
    for (const ref of await postAll('free', 10)) await untilState(stream, ref, 'done');
    expect(notesOf(tools, 'stuck')).toEqual([0]);
    expect(notesOf(tools, 'free')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await sampleStream(stream)).toMatchObject({ pending: 1, queued: 9, unaccounted: 0 });
  });

  it('holds up no key but its own with an entry whose consumer died before it joined', async () => {
    const ghost = await openBlockingSource(stream, 'ghost', 50);
    await postAll('a', 1);
    const [held] = await ghost.read(1);
    if (held === undefined) throw new Error('there is nothing to read');
    await ghost.close();
    const tools = failing(() => undefined);
    await startOrdered(route('data.key'), tools);
    for (const ref of await postAll('b', 3)) await untilState(stream, ref, 'done');
    await post(stream, anOrder('a', 1));
    await waitUntil(async () => (await sampleStream(stream)).queued === 1, 'the second of the key waits');
    expect(notesOf(tools, 'a')).toEqual([]);
    // As if it had been silent for longer than the claim time.
    await releaseLeases(stream, 'ghost', [{ entryId: held.id, deliveryCount: held.deliveryCount }], HOUR_MS);
    await untilQuiet();
    expect(notesOf(tools, 'a')).toEqual([0, 1]);
  });

  it('keeps the place of a delivery that is retried, with block', async () => {
    const tools = failing(({ n }, nth) =>
      n === 1 && nth < 4 ? fails('TOOL_REPORTED_ERROR', 'failed-by-tool') : undefined,
    );
    await startOrdered(route('data.key'), tools);
    await postAll('a', 5);
    await untilQuiet();
    expect(notesOf(tools, 'a')).toEqual([0, 1, 1, 1, 2, 3, 4]);
  });

  it('lets a key go on past a dead letter, with block, and delivers it after the others when it is redriven', async () => {
    let isMended = false;
    const tools = failing(({ n }) => (n === 1 && !isMended ? fails('TOOL_REQUEST_REJECTED', 'refused') : undefined));
    await startOrdered(route('data.key'), tools);
    const refs = await postAll('a', 3);
    await untilQuiet();
    expect(notesOf(tools, 'a')).toEqual([0, 1, 2]);
    isMended = true;
    expect(await redriveDeadLetter(stream, `${refs[1]}.in-order`)).toBe('redriven');
    await untilQuiet();
    expect(notesOf(tools, 'a')).toEqual([0, 1, 2, 1]);
    expect(await stream.redis.scard(stream.keys.lanes)).toBe(0);
  });

  it.each([
    ['redriven', [0, 1, 1, 2], (id: string) => redriveDeadLetter(stream, id)],
    ['resolved', [0, 1, 2], (id: string) => resolveDeadLetter(stream, id)],
    ['discarded', [0, 1, 2], (id: string) => discardDeadLetter(stream, id)],
  ])('holds a key at a dead letter until it is %s, with stop', async (_what, expected, act) => {
    let isMended = false;
    const tools = failing(({ n }) => (n === 1 && !isMended ? fails('TOOL_REQUEST_REJECTED', 'refused') : undefined));
    await startOrdered(route('{ by: data.key, onFailure: stop }'), tools);
    const refs = await postAll('a', 3);
    await waitUntil(async () => {
      const { deadLetters, queued } = await sampleStream(stream);
      return deadLetters === 1 && queued === 1;
    }, 'the key is held');
    expect(await mendLanes(stream, '0', 100)).toMatchObject({ taken: 0 });
    isMended = true;
    await act(`${refs[1]}.in-order`);
    await untilQuiet();
    expect(notesOf(tools, 'a')).toEqual(expected);
    expect(await stream.redis.scard(stream.keys.lanes)).toBe(0);
  });

  it('goes on at once after a failure, with skip, and retries after those that wait', async () => {
    const tools = failing(({ n }, nth) =>
      n === 0 && nth === 1 ? fails('TOOL_REPORTED_ERROR', 'failed-by-tool') : undefined,
    );
    const routes = route('{ by: data.key, onFailure: skip }').replace(
      /retry: .*/,
      'retry: { attempts: 3, initial: 1h, max: 1h }',
    );
    await startOrdered(routes, tools, { random: () => 0.9 });
    const [first = '', ...others] = await postAll('a', 3);
    for (const ref of others) await untilState(stream, ref, 'done');
    expect(notesOf(tools, 'a')).toEqual([0, 1, 2]);
    await makeDue(first, 'in-order');
    await untilQuiet();
    expect(notesOf(tools, 'a')).toEqual([0, 1, 2, 0]);
  });

  it('leaves events without a key to themselves', async () => {
    const tools = new ScriptedTools((_call, _nth, signal) => untilAborted(signal));
    await startOrdered(route('partitionkey'), tools);
    await postAll('a', 3);
    await waitUntil(() => tools.calls.length === 3, 'all are on their way');
  });

  it('is a dead letter where the key is neither text nor a number', async () => {
    await startOrdered(
      route('data'),
      failing(() => undefined),
    );
    const [ref = ''] = await postAll('a', 1);
    const record = await untilState(stream, ref, 'dead');
    expect(record.deliveries).toMatchObject([{ reason: 'expression-failed', error: { code: 'EXPRESSION_FAILED' } }]);
  });

  it('goes on past a delivery that is cancelled while it waits for its turn', async () => {
    let isFree = false;
    const tools = failing(({ n }) => (n === 0 && !isFree ? fails('TOOL_UNREACHABLE', 'not-sent') : undefined));
    await startOrdered(route('data.key'), tools);
    const refs = await postAll('a', 3);
    await waitUntil(async () => (await sampleStream(stream)).queued === 2, 'two wait');
    expect(await cancelEvent(stream, refs[1] ?? '')).toMatchObject({ cancelled: ['in-order'] });
    isFree = true;
    await untilQuiet();
    expect(notesOf(tools, 'a').filter((n, at, all) => all.indexOf(n) === at)).toEqual([0, 2]);
    expect((await readRecord(stream, refs[1] ?? ''))?.state).toBe('dead');
    expect(await sampleStream(stream)).toMatchObject({ queued: 0, unaccounted: 0 });
  });

  it('settles each route of an event by itself, and acknowledges the event though one of them waits', async () => {
    const beside = `  - id: beside
    on: { type: order.created }
    call: { server: gcp, tool: other }
    with: '{}'
`;
    let isFree = false;
    const tools = failing(({ n }) => (n === 0 && !isFree ? fails('TOOL_UNREACHABLE', 'not-sent') : undefined));
    await startOrdered(route('data.key') + beside, tools);
    const refs = await postAll('a', 2);
    const second = await waitUntil(async () => {
      const found = await readRecord(stream, refs[1] ?? '');
      return found?.deliveries.some(({ route: id, state }) => id === 'beside' && state === 'done') && found;
    }, 'the other route is done');
    expect(second.deliveries).toContainEqual(expect.objectContaining({ route: 'in-order', state: 'waiting' }));
    await waitUntil(async () => (await sampleStream(stream)).queued === 1, 'it waits beside the stream');
    isFree = true;
    await untilQuiet();
    for (const ref of refs) expect((await readRecord(stream, ref))?.state).toBe('done');
    expect(tools.calls.filter(({ tool }) => tool === 'other')).toHaveLength(2);
  });

  it('heals a lane that a consumer with other routes has left behind', async () => {
    const tools = failing(() => undefined);
    const [ref = ''] = await postAll('a', 1);
    // Joined by one configuration, done under another that does not order it.
    const lane = stream.keys.lane(laneNameOf('in-order', 'a'));
    await stream.redis.hset(stream.keys.record(ref), 'lane:in-order', lane);
    const unordered = await startOrdered(route('data.key').replace(/ordered: .*/, ''), tools);
    await untilQuiet();
    await unordered.stop();
    // Whoever looks takes it out: so it is put there once nobody does.
    await stream.redis.rpush(lane, `${ref} in-order`);
    await stream.redis.sadd(stream.keys.lanes, lane);
    await stream.redis.hset(stream.keys.record(ref), 'lane:in-order', lane);
    await startOrdered(route('data.key'), tools);
    const next = await post(stream, anOrder('a', 1));
    await untilState(stream, next, 'done');
    expect(await stream.redis.scard(stream.keys.lanes)).toBe(0);
  });

  it('lets what waits go one after the other at once, when the route is not ordered any more', async () => {
    let isFree = false;
    const tools = failing(({ n }) => (n === 0 && !isFree ? fails('TOOL_UNREACHABLE', 'not-sent') : undefined));
    const before = await startOrdered(route('data.key'), tools);
    const refs = await postAll('a', 20);
    await waitUntil(async () => (await sampleStream(stream)).queued === 19, 'all but the first wait');
    await before.stop();
    isFree = true;
    await startOrdered(route('data.key').replace(/ordered: .*/, ''), tools);
    // Mending alone would take two seconds for each.
    await untilQuiet();
    for (const ref of refs) expect((await readRecord(stream, ref))?.state).toBe('done');
    expect(await sampleStream(stream)).toMatchObject({ queued: 0, unaccounted: 0 });
    expect(await stream.redis.scard(stream.keys.lanes)).toBe(0);
  });
});
