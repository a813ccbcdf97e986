import { describe, expect, it } from '@jest/globals';
import { defineHandler, GiveUp, type Handler, type HandlerContext, ToolCallFailed } from '@millrace/handlers';
import type { Effect } from '@millrace/ledger';
import { type EventRecord, readRecord, redriveDeadLetter } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { setStage, start, stopAll, stream } from './stage.js';
import { anEvent, fails, ok, post, ScriptedTools, someRoutes, untilAborted, untilState } from './start-consuming.js';

setStage();

const routes = (...more: string[]) =>
  someRoutes(`
routes:
  - id: work
    on: { type: order.created }
    handler: handlers/work.ts
    retry: { attempts: 3, initial: 5ms, max: 20ms }
    ${more.join('\n    ')}
`);

type Run = (context: HandlerContext<{ orderId: string }>) => unknown;

function startHandler(run: Run, tools: ScriptedTools, promise = 'delivery: effectively-once', ...more: string[]) {
  const handlers = new Map<string, Handler>([['handlers/work.ts', defineHandler(run)]]);
  return start(stream, routes(promise, ...more), tools, { handlers, drainMs: 0 });
}

const answering = () => new ScriptedTools((call) => ok({ asked: call.arguments }));

/** The one delivery of an event, as the record has it. */
function deliveryIn(record: EventRecord) {
  const [delivery] = record.deliveries;
  if (delivery === undefined) throw new Error('the event has no delivery');
  return { ...delivery, effects: delivery.effects as readonly Effect[] };
}

const charge = (context: HandlerContext<{ orderId: string }>, idempotency: 'key' | 'none' = 'key') =>
  context.tools.call('charge', {
    server: 'aws',
    tool: 'card.charge',
    arguments: { orderId: context.event.data.orderId },
    idempotency,
  });

describe('a handler', () => {
  it('is given the event and its tools; what it returns is the result, and its calls are in the record', async () => {
    const tools = answering();
    await startHandler(async (context) => ({ charged: await charge(context), type: context.event.type }), tools);
    const ref = await post(stream, anEvent('a'));
    const delivery = deliveryIn(await untilState(stream, ref, 'done'));
    expect(delivery.result).toEqual({ charged: { asked: { orderId: 'a' } }, type: 'order.created' });
    expect(delivery.effects).toMatchObject([
      { step: 'charge', state: 'done', target: { server: 'aws', tool: 'card.charge', arguments: { orderId: 'a' } } },
    ]);
    expect(tools.calls).toMatchObject([{ idempotencyKey: delivery.effects[0]?.key }]);
  });

  it('emits its events with the outcome, and none of a failed attempt; the same ids in every attempt', async () => {
    const ids: string[] = [];
    const tools = new ScriptedTools((_call, nth) => (nth === 1 ? fails('TOOL_UNREACHABLE', 'not-sent') : ok()));
    const consumer = await startHandler(async (context) => {
      context.emit({ type: 'order.first', data: { n: 1 } });
      context.emit({ type: 'order.second', key: 'second' });
      await charge(context);
    }, tools);
    const ref = await post(stream, anEvent('a'));
    const { followUps, attempts } = deliveryIn(await untilState(stream, ref, 'done'));
    expect(attempts).toBe(2);
    for (const followUp of followUps) ids.push((await readRecord(stream, followUp))?.event?.id ?? '');
    expect(new Set(ids).size).toBe(2);
    await consumer.stop();
    const events = await Promise.all(followUps.map((followUp) => readRecord(stream, followUp)));
    expect(events.map((record) => record?.event?.type)).toEqual(['order.first', 'order.second']);
    expect(events[0]?.event?.attributes).toMatchObject({ causationid: 'a', correlationid: 'a', millracehops: 1 });
    expect(await stream.redis.xlen(stream.keys.events)).toBe(4);
  });

  it('that throws fails its attempt, which is repeated by the policy of the route', async () => {
    await startHandler(() => {
      throw new Error('no luck');
    }, answering());
    const ref = await post(stream, anEvent('a'));
    expect(deliveryIn(await untilState(stream, ref, 'dead'))).toMatchObject({
      attempts: 3,
      reason: 'attempts-exhausted',
      error: { code: 'HANDLER_FAILED', message: 'no luck' },
    });
  });

  it('that gives up is a dead letter at once', async () => {
    await startHandler(() => {
      throw new GiveUp('there is no such order');
    }, answering());
    const ref = await post(stream, anEvent('a'));
    expect(deliveryIn(await untilState(stream, ref, 'dead'))).toMatchObject({
      attempts: 1,
      reason: 'given-up',
      error: { message: 'there is no such order' },
    });
  });

  it('that never ends is ended by the timeout, and its signal with it', async () => {
    const signals: AbortSignal[] = [];
    await startHandler(
      (context) => {
        signals.push(context.signal);
        return new Promise(() => undefined);
      },
      answering(),
      'delivery: at-least-once',
      'timeout: 20ms',
    );
    const ref = await post(stream, anEvent('a'));
    const delivery = deliveryIn(await untilState(stream, ref, 'dead'));
    expect(delivery).toMatchObject({ attempts: 3, error: { code: 'HANDLER_TIMEOUT' } });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  });

  it('cannot do anything after its time', async () => {
    const late = Promise.withResolvers<HandlerContext<{ orderId: string }>>();
    const tools = answering();
    await startHandler((context) => {
      late.resolve(context);
      throw new GiveUp('over');
    }, tools);
    await untilState(stream, await post(stream, anEvent('a')), 'dead');
    const context = await late.promise;
    expect(() => context.emit({ type: 'too.late' })).toThrow('over');
    expect(context.signal.aborted).toBe(true);
  });

  it('is not through before the steps it forgot to wait for', async () => {
    const tools = new ScriptedTools(async (call) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return ok(call.arguments);
    });
    await startHandler((context) => void charge(context), tools);
    const ref = await post(stream, anEvent('a'));
    const delivery = deliveryIn(await untilState(stream, ref, 'done'));
    expect(delivery.effects).toMatchObject([{ step: 'charge', state: 'done' }]);
  });
});

describe('steps', () => {
  it('that were done are not done again after a crash, under any guarantee but at most once', async () => {
    for (const promise of ['delivery: at-least-once', 'delivery: effectively-once']) {
      const prices: number[] = [];
      const price: Run = async (context) => {
        const priced = await context.step('price', () => ({ total: prices.push(1) }));
        return { priced, charged: await charge(context) };
      };
      const hanging = new ScriptedTools((_call, _nth, signal) => untilAborted(signal));
      const first = await startHandler(price, hanging, promise);
      const ref = await post(stream, anEvent(promise));
      await waitUntil(() => hanging.calls.length === 1, 'the call is under way');
      await first.stop();
      const tools = answering();
      const second = await startHandler(price, tools, promise);
      const delivery = deliveryIn(await untilState(stream, ref, 'done'));
      expect([prices.length, delivery.result]).toMatchObject([1, { priced: { total: 1 } }]);
      expect(tools.calls.map(({ idempotencyKey }) => idempotencyKey)).toEqual([hanging.calls[0]?.idempotencyKey]);
      await second.stop();
    }
  });

  it('may hold steps, named by their path, each with a key of its own', async () => {
    const keys: string[] = [];
    await startHandler(
      (context) =>
        context.step(
          'outer',
          async (outer) => {
            keys.push(outer.key);
            await outer.step('inner', (inner) => void keys.push(inner.key));
            return outer.tools.call('call', { server: 'aws', tool: 'x', arguments: {}, idempotency: 'key' });
          },
          { idempotency: 'safe' },
        ),
      answering(),
    );
    const ref = await post(stream, anEvent('a'));
    const { effects } = deliveryIn(await untilState(stream, ref, 'done'));
    expect(effects.map(({ step }) => step).sort()).toEqual(['outer', 'outer/call', 'outer/inner']);
    expect(new Set(keys).size).toBe(2);
  });

  it('give the same value when they are done as when they are served', async () => {
    const seen: unknown[] = [];
    let attempts = 0;
    await startHandler(async (context) => {
      seen.push(await context.step('when', () => ({ at: new Date(0), nothing: undefined })));
      attempts += 1;
      if (attempts === 1) throw new Error('again');
    }, answering());
    await untilState(stream, await post(stream, anEvent('a')), 'done');
    expect(seen).toEqual([{ at: '1970-01-01T00:00:00.000Z' }, { at: '1970-01-01T00:00:00.000Z' }]);
  });

  it('that ask for something else than before are dead, target-changed, and never sent', async () => {
    const tools = answering();
    let attempts = 0;
    await startHandler(async (context) => {
      attempts += 1;
      await context.tools.call('pay', { server: 'aws', tool: 'pay', arguments: { attempts }, idempotency: 'key' });
      throw new Error('again');
    }, tools);
    const ref = await post(stream, anEvent('a'));
    const delivery = deliveryIn(await untilState(stream, ref, 'dead'));
    expect(delivery).toMatchObject({ attempts: 2, reason: 'target-changed', error: { code: 'STEP_CHANGED' } });
    expect(tools.calls.map((call) => call.arguments)).toEqual([{ attempts: 1 }]);
  });

  it('whose outcome nobody knows end the delivery, though the handler went on; a redrive sends them again', async () => {
    const tools = new ScriptedTools((_call, nth) => (nth === 1 ? fails('TOOL_ANSWER_LOST', 'unknown') : ok()));
    const caught: unknown[] = [];
    await startHandler(async (context) => {
      try {
        await charge(context, 'none');
      } catch (error) {
        caught.push((error as Error).name);
      }
    }, tools);
    const ref = await post(stream, anEvent('a'));
    const delivery = deliveryIn(await untilState(stream, ref, 'dead'));
    expect(delivery).toMatchObject({ attempts: 1, reason: 'outcome-unknown', effects: [{ state: 'unknown' }] });
    expect(caught).toEqual(['DeliveryEnded']);
    expect(await redriveDeadLetter(stream, `${ref}.work`)).toBe('redriven');
    await untilState(stream, ref, 'done');
    expect(tools.calls).toHaveLength(2);
  });

  it('may be repeated where a trusted server says that it is harmless, unless the handler says otherwise', async () => {
    const trusting = () =>
      Object.assign(new ScriptedTools((_call, nth) => (nth === 1 ? fails('TOOL_ANSWER_LOST', 'unknown') : ok())), {
        hintsOf: async (_server: string, tool: string) => ({ isReadOnly: false, isIdempotent: tool === 'stock.set' }),
      });
    const asked = (tool: string, idempotency?: 'none') => (context: HandlerContext<{ orderId: string }>) =>
      context.tools.call('one', { server: 'aws', tool, arguments: {}, ...(idempotency ? { idempotency } : {}) });
    const ends: unknown[] = [];
    for (const [n, run] of [asked('stock.set'), asked('stock.add'), asked('stock.set', 'none')].entries()) {
      await startHandler(run, trusting());
      const ref = await post(stream, anEvent(`trusted-${n}`));
      const record = await waitUntil(async () => {
        const found = await readRecord(stream, ref);
        return found?.state !== undefined && found.state !== 'open' && found;
      }, 'it has ended');
      ends.push(record.deliveries[0]?.reason ?? record.state);
      await stopAll();
    }
    expect(ends).toEqual(['done', 'outcome-unknown', 'outcome-unknown']);
  });

  it('of the own work that were begun before a crash are left to a person, unless they say that a repeat is harmless', async () => {
    for (const [idempotency, state] of [
      ['none', 'dead'],
      ['key', 'done'],
      ['safe', 'done'],
    ] as const) {
      const began = Promise.withResolvers<void>();
      const first = await startHandler(
        (context) =>
          context.step(
            'post',
            () => {
              began.resolve();
              return new Promise(() => undefined);
            },
            { idempotency },
          ),
        answering(),
      );
      const ref = await post(stream, anEvent(idempotency));
      await began.promise;
      await first.stop();
      const second = await startHandler((context) => context.step('post', () => 1, { idempotency }), answering());
      const delivery = deliveryIn(await untilState(stream, ref, state));
      expect(delivery.reason).toBe(state === 'dead' ? 'outcome-unknown' : undefined);
      await second.stop();
    }
  });

  it('that failed may be caught, and tell what is known of them', async () => {
    const tools = new ScriptedTools(() => fails('TOOL_REPORTED_ERROR', 'failed-by-tool'));
    await startHandler(async (context) => {
      try {
        return await charge(context);
      } catch (error) {
        return error instanceof ToolCallFailed ? { code: error.code, outcome: error.outcome } : undefined;
      }
    }, tools);
    const ref = await post(stream, anEvent('a'));
    const { result } = deliveryIn(await untilState(stream, ref, 'done'));
    expect(result).toEqual({ code: 'TOOL_REPORTED_ERROR', outcome: 'failed-by-tool' });
  });

  it('that never left cost no attempt', async () => {
    const tools = new ScriptedTools((_call, nth) => (nth <= 5 ? fails('TOOL_UNREACHABLE', 'not-sent') : ok()));
    await startHandler((context) => charge(context), tools, 'delivery: at-most-once');
    const ref = await post(stream, anEvent('a'));
    expect(deliveryIn(await untilState(stream, ref, 'done')).attempts).toBe(6);
  });

  it('are never repeated at most once, nor is a handler that threw', async () => {
    const tools = answering();
    await startHandler(
      async (context) => {
        await charge(context);
        throw new Error('after the call');
      },
      tools,
      'delivery: at-most-once',
    );
    const ref = await post(stream, anEvent('a'));
    const delivery = deliveryIn(await untilState(stream, ref, 'dead'));
    expect(delivery).toMatchObject({ attempts: 1, reason: 'failed-by-handler' });
    expect(tools.calls).toHaveLength(1);
  });

  it('with the same name, or an answer too large to keep, end the delivery with a reason', async () => {
    const cases: [Run, string][] = [
      [(context) => Promise.all([context.step('a', () => 1), context.step('a', () => 2)]), 'STEP_REPEATED'],
      [(context) => context.step('a', () => 'x'.repeat(70_000)), 'STEP_TOO_LARGE'],
      [
        async (context) => {
          for (let n = 0; n < 300; n += 1) await context.step(`n${n}`, () => n, { idempotency: 'safe' });
        },
        'STEPS_TOO_MANY',
      ],
      [
        async (context) => {
          for (let n = 0; n < 30; n += 1)
            await context.step(`n${n}`, () => 'x'.repeat(60_000), { idempotency: 'safe' });
        },
        'STEPS_TOO_LARGE',
      ],
    ];
    for (const [run, code] of cases) {
      const consumer = await startHandler(run, answering());
      const ref = await post(stream, anEvent(code));
      const delivery = deliveryIn(await untilState(stream, ref, 'dead'));
      expect(delivery).toMatchObject({ reason: 'steps-invalid', error: { code } });
      await consumer.stop();
    }
  });
});
