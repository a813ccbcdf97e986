import { describe, expect, it } from '@jest/globals';
import { defineHandler } from '@millrace/handlers';
import { type CallOutcome, ToolCallError } from '@millrace/mcp-client';
import {
  type Approval,
  answerApproval,
  cancelEvent,
  deliveryToJson,
  listApprovals,
  pause,
  readRecord,
  resume,
  sampleStream,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { setStage, start, stream } from './stage.js';
import { anEvent, fails, ok, post, ScriptedTools, someRoutes, untilState } from './start-consuming.js';

setStage();

const refund = (delivery: string) =>
  someRoutes(`
routes:
  - id: refund
    on: { type: order.created }
    call: { server: aws, tool: refund }
    with: '{ "orderId": data.orderId }'
    delivery: ${delivery}
    retry: { attempts: 2, initial: 5ms, max: 20ms }
`);

const REQUESTS = { approval: { method: 'elicitation/create', params: { message: 'Sure?' } } };

function asksForInput(requestState = 'state-1'): CallOutcome {
  const error = new ToolCallError('TOOL_NEEDS_INPUT', 'needs-input', 'asks', {
    input: { requests: REQUESTS, requestState },
  });
  return { kind: 'failed', error, facts: { durationMs: 1, dispatched: true } };
}

const YES = { approval: { action: 'accept', content: { sure: true } } };

/** Asks until it is given an answer, and then says which. */
const asking = () => new ScriptedTools((call) => (call.input === undefined ? asksForInput() : ok(call.input)));

const untilParked = (ref: string): Promise<Approval> =>
  waitUntil(async () => (await listApprovals(stream, { limit: 10 }))?.items.find((one) => one.ref === ref), 'parked');

async function unfinished() {
  const { backlog, pending, parked } = await sampleStream(stream);
  return { backlog, pending, parked };
}

describe('a delivery whose tool asks for input', () => {
  it.each(['at-least-once', 'at-most-once', 'effectively-once'])(
    'is parked, holds no place, and is resumed by another consumer after an answer (%s)',
    async (delivery) => {
      const tools = asking();
      const first = await start(stream, refund(delivery), tools);
      const ref = await post(stream, anEvent('a'));
      const approval = await untilParked(ref);
      expect(approval.asks).toMatchObject({ tool: 'refund', requests: REQUESTS, requestState: 'state-1' });
      expect(approval.asks.arguments).toEqual({ orderId: 'a' });
      expect(await unfinished()).toEqual({ backlog: 1, pending: 0, parked: 1 });
      await first.stop();
      await start(stream, refund(delivery), tools);
      expect(await answerApproval(stream, approval, YES)).toBe('answered');
      const record = await untilState(stream, ref, 'done');
      expect(record.deliveries[0]?.result).toEqual({ responses: YES, requestState: 'state-1' });
      expect(new Set(tools.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
      expect(await unfinished()).toEqual({ backlog: 0, pending: 0, parked: 0 });
    },
  );

  it('is answered once, by whoever is first', async () => {
    await start(stream, refund('at-least-once'), asking());
    const approval = await untilParked(await post(stream, anEvent('a')));
    const answers = await Promise.all([1, 2, 3].map(() => answerApproval(stream, approval, YES)));
    expect(answers.sort()).toEqual(['answered', 'not-found', 'not-found']);
    await untilState(stream, approval.ref, 'done');
  });

  it('is parked however long it was held back before, and its failures after the answer are retried', async () => {
    const route = { kind: 'route', name: 'refund' } as const;
    await pause(stream, route, {});
    const tools = new ScriptedTools((call, nth) => {
      if (call.input === undefined) return asksForInput();
      return nth === 2 ? fails('TOOL_UNREACHABLE', 'not-sent') : ok(call.input);
    });
    await start(stream, refund('at-least-once'), tools);
    const ref = await post(stream, anEvent('a'));
    await untilState(stream, ref, 'open');
    await waitUntil(async () => (await sampleStream(stream)).retrying === 1, 'it waits for the route');
    // As after an hour behind others of its context.
    const record = stream.keys.record(ref);
    const [state = '', detail = '{}'] = await stream.redis.hmget(record, 'state:refund', 'detail:refund');
    const held = { ...JSON.parse(detail ?? '{}'), held: 700 };
    await stream.redis.hset(record, {
      'state:refund': (state ?? '').replace(/^retrying \d+/, 'retrying 700'),
      'detail:refund': JSON.stringify(held),
      'unsent:refund': '700',
    });
    await resume(stream, route);
    const approval = await untilParked(ref);
    expect(approval.delivery.held).toBe(700);
    expect(await answerApproval(stream, approval, YES)).toBe('answered');
    const { deliveries } = await untilState(stream, ref, 'done');
    expect(deliveries[0]?.result).toEqual({ responses: YES, requestState: 'state-1' });
    expect(tools.calls).toHaveLength(3);
  });

  it('keeps the answer over a failure that is retried', async () => {
    let isAway = true;
    const tools = new ScriptedTools((call) => {
      if (call.input === undefined) return asksForInput();
      if (!isAway) return ok(call.input.responses);
      isAway = false;
      return fails('TOOL_UNREACHABLE', 'not-sent');
    });
    await start(stream, refund('effectively-once'), tools);
    const approval = await untilParked(await post(stream, anEvent('a')));
    await answerApproval(stream, approval, YES);
    expect((await untilState(stream, approval.ref, 'done')).deliveries[0]?.result).toEqual(YES);
  });

  it('may ask again, and is not given the answer to the question before', async () => {
    const given: unknown[] = [];
    const tools = new ScriptedTools((call, nth) => {
      given.push(call.input?.requestState);
      return nth < 3 ? asksForInput(`state-${nth}`) : ok();
    });
    await start(stream, refund('at-least-once'), tools);
    const ref = await post(stream, anEvent('a'));
    await answerApproval(stream, await untilParked(ref), YES);
    const again = await waitUntil(async () => {
      const approval = (await listApprovals(stream, { limit: 10 }))?.items[0];
      return approval?.asks.attempt === 2 && approval;
    }, 'it is parked again');
    await answerApproval(stream, again, YES);
    await untilState(stream, ref, 'done');
    expect(given).toEqual([undefined, 'state-1', 'state-2']);
  });

  it('expires when nobody answers in time, which is not a denial', async () => {
    const tools = asking();
    await start(stream, refund('at-least-once'), tools, { maxParkedMs: 50 });
    const ref = await post(stream, anEvent('a'));
    const record = await untilState(stream, ref, 'expired');
    expect(record.deliveries).toMatchObject([{ state: 'expired', reason: 'approval-expired' }]);
    expect(await unfinished()).toEqual({ backlog: 0, pending: 0, parked: 0 });
    expect(tools.calls).toHaveLength(1);
    expect(await stream.redis.pttl(stream.keys.record(ref))).toBeGreaterThan(0);
  });

  it('can be cancelled', async () => {
    await start(stream, refund('at-least-once'), asking());
    const { ref } = await untilParked(await post(stream, anEvent('a')));
    expect(await cancelEvent(stream, ref)).toEqual({ cancelled: ['refund'], left: [] });
    expect(await unfinished()).toEqual({ backlog: 0, pending: 0, parked: 0 });
    expect((await readRecord(stream, ref))?.state).toBe('dead');
  });

  it('shows what is asked, and nobody the state of the server', async () => {
    await start(stream, refund('at-least-once'), asking());
    const { delivery } = await untilParked(await post(stream, anEvent('a')));
    expect(deliveryToJson(delivery)).toMatchObject({ state: 'parked', asks: { tool: 'refund', requests: REQUESTS } });
    expect(JSON.stringify(deliveryToJson(delivery))).not.toContain('state-1');
  });

  it('may be a handler: its steps before are served, and the one that asked goes on', async () => {
    const routes = someRoutes('routes: [{ id: work, on: { all: [] }, handler: handlers/work.ts }]');
    let priced = 0;
    const handler = defineHandler(async ({ tools, step }) => {
      await step('price', () => priced++);
      return tools.call('refund', { server: 'aws', tool: 'refund', arguments: {}, idempotency: 'key' });
    });
    await start(stream, routes, asking(), { handlers: new Map([['handlers/work.ts', handler]]) });
    const approval = await untilParked(await post(stream, anEvent('a')));
    expect(approval.asks.step).toBe('refund');
    await answerApproval(stream, approval, YES);
    const record = await untilState(stream, approval.ref, 'done');
    expect([record.deliveries[0]?.result, priced]).toEqual([{ responses: YES, requestState: 'state-1' }, 1]);
  });
});
