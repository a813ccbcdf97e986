import { describe, expect, it } from '@jest/globals';
import { claimIdle, createEffectRecorder, type EffectRecord, FIRST_CURSOR, readRecord } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { callAhead } from '../src/call-ahead.js';
import { idle, ME, readEntries, statesOf } from './read-entries.js';
import { setStage, stream } from './stage.js';
import { anEvent, ok, ScriptedTools, someRoutes } from './start-consuming.js';

setStage();

/** Two entries, a tool with one place for them, and the second of them waiting for it. */
async function prepare(delivery: string, argument = '{ "orderId": id }') {
  const tool = '{ server: aws, tool: record_order_event }';
  const route = `{ id: audit, on: { all: [] }, delivery: ${delivery}, idempotency: key, call: ${tool}, with: '${argument}' }`;
  let open = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const tools = new ScriptedTools(async (_call, nth) => {
    if (nth === 1) await gate;
    return ok();
  });
  const recorded: EffectRecord[] = [];
  const recorder = createEffectRecorder(stream, ME);
  const effects = {
    record: (effect: EffectRecord) => {
      recorded.push(effect);
      return recorder.record(effect);
    },
  };
  const routes = someRoutes(`routes: [${route}]`);
  const configuration = { version: 'test', routes, tools, handlers: new Map() };
  const read = await readEntries([anEvent('a'), anEvent('b')], { configuration, effects, places: 1 });
  const [, second = ''] = read.refs;
  const timesRecorded = () => recorded.filter(({ entry }) => entry.ref === second).length;
  return { ...read, configuration, tools, second, timesRecorded, open: () => open() };
}

const deliveryOf = async (ref: string) => (await readRecord(stream, ref))?.deliveries[0];
const untilRecorded = (ref: string) =>
  waitUntil(async () => (await deliveryOf(ref))?.state === 'running', 'it is recorded that it is about to be sent');
/** By then it has been asked for too long ago whether the entry is still held. */
async function untilOld(): Promise<void> {
  const old = performance.now() + 150;
  await waitUntil(() => performance.now() > old, 'it is long ago');
}

describe('a call whose entry waits for a place', () => {
  it('is recorded before it has one, and sent as it was recorded', async () => {
    const { entries, handlers, held, tools, second, open, refs, outstanding } = await prepare('effectively-once');
    handlers.begin(entries);
    await untilRecorded(second);
    expect([handlers.waiting, tools.calls.length]).toEqual([1, 1]);
    expect((await deliveryOf(second))?.effects).toMatchObject([{ state: 'sent' }]);
    open();
    await idle(held);
    expect(await statesOf(refs)).toEqual(['done', 'done']);
    expect((await deliveryOf(second))?.effects).toMatchObject([{ state: 'done' }]);
    expect([tools.calls.length, outstanding()]).toEqual([2, 0]);
  });

  it('may go out until a tenth of a second after it was asked whether the entry is still held', async () => {
    const { entries, configuration, handling } = await prepare('effectively-once');
    const entry = entries.find((one) => one.kind === 'entry');
    let nowMs = 1_000;
    const ahead = entry && callAhead(entry, configuration, handling, () => nowMs);
    expect(await ahead?.wasRecorded()).toBe(true);
    nowMs = 1_100;
    expect(await ahead?.wasRecorded()).toBe(true);
    nowMs = 1_101;
    expect(await ahead?.wasRecorded()).toBeUndefined();
  });

  it('is not recorded before it has a place where it would be given up if it were never sent', async () => {
    const { entries, handlers, held, second, timesRecorded, open, refs } = await prepare('at-most-once');
    handlers.begin(entries);
    await untilRecorded(refs[0] ?? '');
    expect([handlers.waiting, timesRecorded(), (await deliveryOf(second))?.state]).toEqual([1, 0, undefined]);
    open();
    await idle(held);
    expect([timesRecorded(), await statesOf(refs)]).toEqual([1, ['done', 'done']]);
  });

  it('is recorded once more where it has waited for long', async () => {
    const { entries, handlers, held, tools, second, timesRecorded, open, refs } = await prepare('effectively-once');
    handlers.begin(entries);
    await untilRecorded(second);
    await untilOld();
    open();
    await idle(held);
    expect([tools.calls.length, timesRecorded()]).toEqual([2, 2]);
    expect(await statesOf(refs)).toEqual(['done', 'done']);
  });

  it('is not sent where somebody else has claimed the entry since', async () => {
    const { entries, handlers, held, tools, second, open, metrics } = await prepare('effectively-once');
    handlers.begin(entries);
    await untilRecorded(second);
    await claimIdle(stream, 'consumer-2', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 10 });
    await untilOld();
    open();
    await idle(held);
    expect(tools.calls).toHaveLength(1);
    expect((await metrics.fencedSettlements.get()).values[0]?.value).toBe(2);
  });

  it('is not sent where its event was seen through before, and the group has forgotten it', async () => {
    const { entries, handlers, held, tools, second, timesRecorded, open } = await prepare('effectively-once');
    await stream.redis.hset(stream.keys.record(second), { format: '1', 'state:audit': 'done 1 1 1 ', open: '0' });
    handlers.begin(entries);
    await waitUntil(() => timesRecorded() === 1, 'it was asked for');
    await untilOld();
    open();
    await idle(held);
    expect([tools.calls.length, timesRecorded()]).toEqual([1, 1]);
  });

  it('is put off with its entry where its route is paused before it has a place, and is the same call then', async () => {
    const { entries, handlers, held, tools, second, open, paused } = await prepare('effectively-once');
    handlers.begin(entries);
    await untilRecorded(second);
    paused.add('audit');
    open();
    await idle(held);
    expect(tools.calls).toHaveLength(1);
    const delivery = await deliveryOf(second);
    expect(delivery).toMatchObject({ state: 'retrying', effects: [{ state: 'sent' }] });
  });

  it('is given back with its entry, which others begin with what is recorded', async () => {
    const { entries, handlers, held, second, open, outstanding } = await prepare('effectively-once');
    handlers.begin(entries);
    await untilRecorded(second);
    expect(handlers.giveUpWaiting().map(({ entry }) => entry.ref)).toEqual([second]);
    open();
    await idle(held);
    expect((await deliveryOf(second))?.state).toBe('running');
    expect(outstanding()).toBe(0);
  });

  it('comes to what it would have come to, where it cannot be rendered', async () => {
    const { entries, handlers, held, tools, second, open } = await prepare('effectively-once', '{ "a": $number(id) }');
    handlers.begin(entries);
    await waitUntil(async () => (await deliveryOf(second))?.state === 'dead', 'the second is dead');
    open();
    await idle(held);
    expect([tools.calls.length, (await deliveryOf(second))?.reason]).toEqual([0, 'expression-failed']);
  });
});
