import { describe, expect, it } from '@jest/globals';
import { redriveDeadLetter } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { server, setStage, start, stream } from './stage.js';
import {
  anEvent,
  fails,
  ok,
  post,
  ScriptedTools,
  someRoutes,
  startConsuming,
  untilAborted,
  untilState,
} from './start-consuming.js';

setStage();

const charge = (promise: string, more = '') =>
  someRoutes(`
routes:
  - id: charge
    on: { type: order.created }
    call: { server: aws, tool: card.charge }
    with: '{ "eventId": id, "orderId": data.orderId }'
    retry: { attempts: 3, initial: 5ms, max: 20ms }
    ${promise}
    ${more}
`);

const AT_MOST_ONCE = charge('delivery: at-most-once');
const WITH_KEY = charge('delivery: effectively-once', 'idempotency: key');
const WITHOUT_KEY = charge('delivery: effectively-once');

/** Lets a consumer send its call, and ends it before there is an answer. */
async function dieDuringCall(routes: ReturnType<typeof someRoutes>): Promise<ScriptedTools> {
  const tools = new ScriptedTools((_call, _nth, signal) => untilAborted(signal));
  const consumer = await startConsuming(stream, routes, tools, { drainMs: 0 });
  await waitUntil(() => tools.calls.length === 1, 'the call is under way');
  await consumer.stop();
  return tools;
}

describe('at-most-once', () => {
  it('never repeats a call whose consumer died: it becomes a dead letter, outcome-unknown', async () => {
    const ref = await post(stream, anEvent('a'));
    await dieDuringCall(AT_MOST_ONCE);
    const tools = new ScriptedTools(() => ok());
    await start(stream, AT_MOST_ONCE, tools);
    const record = await untilState(stream, ref, 'dead');
    expect(record.deliveries).toMatchObject([{ reason: 'outcome-unknown', effects: [{ state: 'unknown' }] }]);
    expect(tools.calls).toEqual([]);
  });

  it('never repeats a call whose answer was lost', async () => {
    const tools = new ScriptedTools(() => fails('TOOL_ANSWER_LOST', 'unknown'));
    await start(stream, AT_MOST_ONCE, tools);
    const record = await untilState(stream, await post(stream, anEvent('a')), 'dead');
    expect(record.deliveries).toMatchObject([{ reason: 'outcome-unknown', attempts: 1 }]);
    expect(tools.calls).toHaveLength(1);
  });

  it('tries again what is recorded as not sent', async () => {
    const tools = new ScriptedTools((_call, nth) => (nth < 4 ? fails('TOOL_UNREACHABLE', 'not-sent') : ok()));
    await start(stream, AT_MOST_ONCE, tools);
    await untilState(stream, await post(stream, anEvent('a')), 'done');
    expect(tools.calls).toHaveLength(4);
  });

  it('sends again when a person says so, and only once more', async () => {
    const ref = await post(stream, anEvent('a'));
    await dieDuringCall(AT_MOST_ONCE);
    const tools = new ScriptedTools(() => fails('TOOL_ANSWER_LOST', 'unknown'));
    await start(stream, AT_MOST_ONCE, tools);
    await untilState(stream, ref, 'dead');
    expect(await redriveDeadLetter(stream, `${ref}.charge`)).toBe('redriven');
    await waitUntil(() => tools.calls.length === 1, 'it is sent again');
    await untilState(stream, ref, 'dead');
    expect(tools.calls).toHaveLength(1);
  });
});

describe('effectively-once', () => {
  it('repeats a call whose consumer died under the same key, where the tool takes the key', async () => {
    const ref = await post(stream, anEvent('a'));
    const first = await dieDuringCall(WITH_KEY);
    const tools = new ScriptedTools(() => ok({ chargeId: 'ch-1' }));
    await start(stream, WITH_KEY, tools);
    const record = await untilState(stream, ref, 'done');
    expect(tools.calls.map(({ idempotencyKey }) => idempotencyKey)).toEqual([first.calls[0]?.idempotencyKey]);
    expect(record.deliveries).toMatchObject([{ result: { chargeId: 'ch-1' }, effects: [{ state: 'done' }] }]);
  });

  it('sends what was recorded first, though the routes file says something else by now', async () => {
    const ref = await post(stream, anEvent('a'));
    await dieDuringCall(WITH_KEY);
    const changed = someRoutes(`
routes:
  - id: charge
    on: { type: order.created }
    call: { server: gcp, tool: card.refund }
    with: '{ "changed": true }'
    delivery: effectively-once
    idempotency: key
`);
    const tools = new ScriptedTools(() => ok());
    await start(stream, changed, tools);
    await untilState(stream, ref, 'done');
    expect(tools.calls).toMatchObject([
      { server: 'aws', tool: 'card.charge', arguments: { eventId: 'a', orderId: 'a' } },
    ]);
  });

  it('leaves an unknown outcome to a person, where the tool cannot tell a repeat', async () => {
    const tools = new ScriptedTools(() => fails('TOOL_ANSWER_LOST', 'unknown'));
    await start(stream, WITHOUT_KEY, tools);
    const record = await untilState(stream, await post(stream, anEvent('a')), 'dead');
    expect(record.deliveries).toMatchObject([{ reason: 'outcome-unknown', attempts: 1 }]);
    expect(tools.calls).toHaveLength(1);
  });

  it('serves the recorded answer instead of a second call, when only the follow-up had failed', async () => {
    const broken = charge('delivery: effectively-once', `emit: { type: order.charged, data: '$number("no number")' }`);
    const mended = charge('delivery: effectively-once', `emit: { type: order.charged, data: 'result' }`);
    const tools = new ScriptedTools(() => ok({ chargeId: 'ch-1' }));
    const first = await start(stream, broken, tools);
    const ref = await post(stream, anEvent('a'));
    expect((await untilState(stream, ref, 'dead')).deliveries).toMatchObject([{ reason: 'expression-failed' }]);
    await first.stop();
    await start(stream, mended, tools);
    await redriveDeadLetter(stream, `${ref}.charge`);
    const record = await untilState(stream, ref, 'done');
    expect(record.deliveries).toMatchObject([{ result: { chargeId: 'ch-1' }, followUps: [expect.any(String)] }]);
    expect(tools.calls).toHaveLength(1);
  });

  it('gives the key to a tool that takes it as an argument', async () => {
    const routes = charge('delivery: effectively-once', 'idempotency: { argument: requestId }');
    const tools = new ScriptedTools(() => ok());
    await start(stream, routes, tools);
    await untilState(stream, await post(stream, anEvent('a')), 'done');
    expect(tools.calls[0]?.arguments.requestId).toBe(tools.calls[0]?.idempotencyKey);
  });

  it('sends nothing when it cannot record the start first', async () => {
    const ref = await post(stream, anEvent('a'));
    let isThawed = false;
    const tools = new ScriptedTools(() => {
      expect(isThawed).toBe(true);
      return ok();
    });
    await start(stream, WITH_KEY, {
      call: async (call, signal) => {
        if (isThawed) return tools.call(call, signal);
        server.freeze();
        const outcome = await tools.call(call, signal).catch(() => fails('TOOL_WITHHELD', 'not-sent'));
        server.thaw();
        isThawed = true;
        return outcome;
      },
    });
    await waitUntil(() => isThawed, 'Redis answers again');
    await untilState(stream, ref, 'done');
    expect(tools.calls).toHaveLength(1);
  });
});
