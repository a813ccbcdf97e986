import { describe, expect, it } from '@jest/globals';
import { GiveUp, type HandlerContext } from '@millrace/handlers';
import { readRecord } from '@millrace/stream-client';
import { answering, charge, deliveryIn, startHandler } from './handler-route.js';
import { setStage, stream } from './stage.js';
import { anEvent, fails, ok, post, ScriptedTools, untilState } from './start-consuming.js';

setStage();

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

  it('gives an event that it emits a partition key of its own, and no other than CloudEvents allows', async () => {
    let refused = 0;
    await startHandler((context) => {
      for (const partitionkey of ['', 'x'.repeat(257)]) {
        try {
          context.emit({ type: 'order.first', partitionkey });
        } catch (error) {
          refused += error instanceof TypeError ? 1 : 0;
        }
      }
      context.emit({ type: 'order.first', partitionkey: 'customer-1' });
    }, answering());
    const ref = await post(stream, anEvent('a'));
    const { followUps } = deliveryIn(await untilState(stream, ref, 'done'));
    expect([refused, followUps.length]).toEqual([2, 1]);
    const [followUp = ''] = followUps;
    expect((await readRecord(stream, followUp))?.event?.attributes.partitionkey).toBe('customer-1');
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
