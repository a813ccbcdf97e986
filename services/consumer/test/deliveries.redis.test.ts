import { describe, expect, it } from '@jest/globals';
import { listDeadLetters, readRecord, redriveDeadLetter, sampleStream } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { SCORE } from './score-route.js';
import { makeDue, setStage, start, stream } from './stage.js';
import {
  anEvent,
  fails,
  ok,
  openMovableClock,
  post,
  ScriptedTools,
  someRoutes,
  untilAborted,
  untilState,
} from './start-consuming.js';

setStage();

describe('one event along one route', () => {
  it('becomes a tool call with rendered arguments and a key, and its record shows the result', async () => {
    const tools = new ScriptedTools(() => ok({ score: 7 }));
    await start(stream, SCORE, tools);
    const record = await untilState(stream, await post(stream, anEvent('o-1')), 'done');
    expect(tools.calls).toMatchObject([
      { server: 'aws', tool: 'risk.score', arguments: { eventId: 'o-1', orderId: 'o-1' }, timeoutMs: 30_000 },
    ]);
    expect(record.deliveries).toMatchObject([
      { route: 'score', state: 'done', attempts: 1, result: { score: 7 }, effects: [{ server: 'aws', state: 'done' }] },
    ]);
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, backlog: 0 });
  });

  it('is done without deliveries when no route accepts it', async () => {
    await start(stream, SCORE, new ScriptedTools(() => ok()));
    const record = await untilState(stream, await post(stream, anEvent('x', 'nobody.cares')), 'done');
    expect(record.deliveries).toEqual([]);
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, backlog: 0 });
  });

  it('is retried under the same key and done when the tool comes back', async () => {
    const tools = new ScriptedTools((_call, nth) => (nth < 3 ? fails('TOOL_SERVER_ERROR', 'unknown') : ok()));
    await start(stream, SCORE, tools);
    const record = await untilState(stream, await post(stream, anEvent('o-1')), 'done');
    expect(record.deliveries).toMatchObject([{ state: 'done', attempts: 3, starts: 3 }]);
    expect(new Set(tools.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  });

  it('is a dead letter after its attempts, and done after a redrive once the tool works', async () => {
    let works = false;
    const tools = new ScriptedTools(() => (works ? ok() : fails('TOOL_TIMEOUT', 'unknown')));
    await start(stream, SCORE, tools);
    const ref = await post(stream, anEvent('o-1'));
    const dead = await untilState(stream, ref, 'dead');
    // What it was called with is for whoever looks into it.
    expect(dead.deliveries).toMatchObject([{ effects: [{ arguments: { orderId: 'o-1' } }] }]);
    const letters = await listDeadLetters(stream, { limit: 10 });
    expect(letters?.items).toMatchObject([
      {
        event: { id: 'o-1' },
        delivery: { reason: 'attempts-exhausted', attempts: 3, error: { code: 'TOOL_TIMEOUT' } },
      },
    ]);
    works = true;
    await redriveDeadLetter(stream, `${ref}.score`);
    const record = await untilState(stream, ref, 'done');
    expect(record.deliveries).toMatchObject([{ state: 'done', attempts: 4 }]);
    expect(new Set(tools.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  });

  it('outlasts a server that is away for longer than its attempts', async () => {
    const tools = new ScriptedTools((_call, nth) => (nth < 12 ? fails('TOOL_UNREACHABLE', 'not-sent') : ok()));
    await start(stream, SCORE, tools);
    const record = await untilState(stream, await post(stream, anEvent('o-1')), 'done');
    expect(record.deliveries).toMatchObject([{ state: 'done', attempts: 12 }]);
  });

  it('is a dead letter at once when an expression fails on it, and the tool is not called', async () => {
    const routes = someRoutes(
      `routes: [{ id: bad, on: { all: [] }, call: { server: aws, tool: t }, with: '{ "n": $number(data.orderId) }' }]`,
    );
    const tools = new ScriptedTools(() => ok());
    await start(stream, routes, tools);
    const record = await untilState(stream, await post(stream, anEvent('not-a-number')), 'dead');
    expect(record.deliveries).toMatchObject([{ reason: 'expression-failed', error: { code: 'EXPRESSION_FAILED' } }]);
    expect(tools.calls).toEqual([]);
  });
});

describe('several routes', () => {
  const routes = someRoutes(`
routes:
  - { id: quick, on: { all: [] }, call: { server: aws, tool: quick }, with: '{}' }
  - { id: slow, on: { all: [] }, call: { server: gcp, tool: slow }, with: '{}' }
`);

  it('settle each by itself: a slow one does not hold up the other', async () => {
    let answerSlow = () => {};
    const slow = new Promise<void>((resolve) => {
      answerSlow = resolve;
    });
    const tools = new ScriptedTools(({ tool }) => (tool === 'slow' ? slow.then(() => ok()) : ok()));
    await start(stream, routes, tools);
    const ref = await post(stream, anEvent('o-1'));
    const record = await waitUntil(async () => {
      const found = await readRecord(stream, ref);
      return found?.deliveries.some(({ state }) => state === 'done') && found;
    }, 'the quick delivery is done');
    expect(record).toMatchObject({ state: 'open', deliveries: [{ route: 'quick', state: 'done' }, { route: 'slow' }] });
    expect((await sampleStream(stream)).pending).toBe(1);
    answerSlow();
    await untilState(stream, ref, 'done');
    expect((await sampleStream(stream)).pending).toBe(0);
  });

  it('are not repeated when they were settled before their consumer died', async () => {
    const ref = await post(stream, anEvent('o-1'));
    const dying = new ScriptedTools(({ tool }, _nth, signal) => (tool === 'slow' ? untilAborted(signal) : ok()));
    const first = await start(stream, routes, dying, { drainMs: 0 });
    await waitUntil(async () => (await readRecord(stream, ref))?.deliveries[0]?.state === 'done', 'quick is settled');
    await first.stop();
    const tools = new ScriptedTools(() => ok());
    await start(stream, routes, tools);
    await untilState(stream, ref, 'done');
    expect(tools.calls.map(({ tool }) => tool)).toEqual(['slow']);
  });

  it('chain events: a done delivery emits a follow-up that takes its own routes', async () => {
    const chain = someRoutes(`
routes:
  - id: first
    on: { type: order.created }
    call: { server: aws, tool: risk.score }
    with: '{}'
    emit: { type: order.scored, data: '{ "orderId": data.orderId, "score": result.score }' }
  - { id: second, on: { type: order.scored }, call: { server: gcp, tool: stock.reserve }, with: 'data' }
`);
    const tools = new ScriptedTools(({ tool }) => ok(tool === 'risk.score' ? { score: 7 } : {}));
    await start(stream, chain, tools);
    const record = await untilState(stream, await post(stream, anEvent('o-1')), 'done');
    const followUp = await untilState(stream, record.deliveries[0]?.followUps[0] ?? '', 'done');
    expect(followUp.event?.attributes).toMatchObject({ causationid: 'o-1', correlationid: 'o-1' });
    expect(tools.calls[1]?.arguments).toEqual({ orderId: 'o-1', score: 7 });
  });
});

describe('the time of an event', () => {
  const HOUR_MS = 3_600_000;
  const at = (ms: number) => new Date(Date.now() + ms).toISOString();
  const timed = (id: string, attributes: Record<string, string>) => {
    const event = anEvent(id);
    return { ...event, attributes: { ...event.attributes, ...attributes } };
  };

  it('is waited for: an event with `deliverat` is scheduled, and delivered when its time has come', async () => {
    const tools = new ScriptedTools(() => ok());
    const ref = await post(stream, timed('later', { deliverat: at(HOUR_MS) }));
    await start(stream, SCORE, tools);
    expect(await readRecord(stream, ref)).toMatchObject({ state: 'scheduled', event: { id: 'later' }, deliveries: [] });
    expect(await sampleStream(stream)).toMatchObject({ length: 0, backlog: 1 });
    await untilState(stream, await post(stream, anEvent('now')), 'done');
    expect(tools.calls).toHaveLength(1);
    await makeDue(ref, '*');
    const record = await untilState(stream, ref, 'done');
    expect(record).toMatchObject({ ref, deliveries: [{ route: 'score', attempts: 1, starts: 1 }] });
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, backlog: 0 });
  });

  it('does not put an event off when `deliverat` has passed', async () => {
    await start(stream, SCORE, new ScriptedTools(() => ok()));
    await untilState(stream, await post(stream, timed('past', { deliverat: at(-1_000) })), 'done');
  });

  it('runs out: an event past its `expirytime` is recorded as expired, and no tool is called', async () => {
    const tools = new ScriptedTools(() => ok());
    await start(stream, SCORE, tools);
    const record = await untilState(stream, await post(stream, timed('stale', { expirytime: at(-1_000) })), 'expired');
    expect(record.deliveries).toMatchObject([{ state: 'expired', reason: 'expired' }]);
    expect(tools.calls).toEqual([]);
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, backlog: 0, deadLetters: 0 });
  });

  it('runs out between attempts too', async () => {
    const clock = await openMovableClock(stream);
    const tools = new ScriptedTools((_call, nth) => {
      if (nth === 2) clock.moveBy(2 * HOUR_MS);
      return fails('TOOL_UNREACHABLE', 'not-sent');
    });
    await start(stream, SCORE, tools, { clock });
    await untilState(stream, await post(stream, timed('soon', { expirytime: at(HOUR_MS) })), 'expired');
    expect(tools.calls).toHaveLength(2);
  });
});
