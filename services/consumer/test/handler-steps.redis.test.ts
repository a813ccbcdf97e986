import { describe, expect, it } from '@jest/globals';
import { type HandlerContext, ToolCallFailed } from '@millrace/handlers';
import { readRecord, redriveDeadLetter } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { answering, charge, deliveryIn, type Run, startHandler } from './handler-route.js';
import { setStage, stopAll, stream } from './stage.js';
import { anEvent, fails, ok, post, ScriptedTools, untilAborted, untilState } from './start-consuming.js';

setStage();

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
