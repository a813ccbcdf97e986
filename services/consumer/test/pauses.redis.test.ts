import { describe, expect, it } from '@jest/globals';
import { defineHandler } from '@millrace/handlers';
import {
  type DeliveryRecord,
  listPauses,
  type Pausable,
  pause,
  readRecord,
  resume,
  sampleStream,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { setStage, start, stream } from './stage.js';
import {
  anEvent,
  fails,
  ok,
  openMovableClock,
  post,
  ScriptedTools,
  someRoutes,
  untilState,
} from './start-consuming.js';

setStage();

const routes = someRoutes(`
routes:
  - id: score
    on: { all: [] }
    call: { server: aws, tool: score }
    with: '{}'
    delivery: effectively-once
    idempotency: key
    retry: { attempts: 1, initial: 5ms, max: 20ms }
  - id: audit
    on: { all: [] }
    call: { server: gcp, tool: audit }
    with: '{}'
`);

const HOUR_MS = 3_600_000;
const SCORE = { kind: 'route', name: 'score' } as const;
const AWS = { kind: 'server', name: 'aws' } as const;

const deliveryOf = async (ref: string, route: string): Promise<DeliveryRecord | undefined> =>
  (await readRecord(stream, ref))?.deliveries.find((one) => one.route === route);

const untilPaused = (ref: string, route: string, what: Pausable) =>
  waitUntil(async () => {
    const delivery = await deliveryOf(ref, route);
    return delivery?.paused?.name === what.name && delivery;
  }, `${route} waits for ${what.name}`);

describe.each([
  ['route', SCORE],
  ['server', AWS],
])('a paused %s', (_kind, what) => {
  it('begins nothing, holds no place and no other route up, and goes on with every attempt once it is resumed', async () => {
    const tools = new ScriptedTools(() => ok());
    await pause(stream, what, {});
    await start(stream, routes, tools);
    const refs = await Promise.all(['a', 'b', 'c'].map((id) => post(stream, anEvent(id))));
    for (const ref of refs) {
      expect(await untilPaused(ref, 'score', what)).toMatchObject({ state: 'retrying', paused: what });
      await waitUntil(async () => (await deliveryOf(ref, 'audit'))?.state === 'done', 'the other route is done');
    }
    // Looked at again where it waits: nothing more is written in the stream.
    const before = await sampleStream(stream);
    expect([before.pending, before.retrying, before.backlog]).toEqual([0, 3, 3]);
    const nextAt = Number((await deliveryOf(refs[0] ?? '', 'score'))?.nextAt);
    await waitUntil(
      async () => Number((await deliveryOf(refs[0] ?? '', 'score'))?.nextAt) > nextAt,
      'it was looked at',
    );
    expect((await sampleStream(stream)).length).toBe(before.length);
    expect(tools.calls.map(({ tool }) => tool)).toEqual(['audit', 'audit', 'audit']);

    await resume(stream, what);
    for (const ref of refs) await untilState(stream, ref, 'done');
    // The one attempt that the route allows was still there.
    expect(tools.calls.filter(({ tool }) => tool === 'score')).toHaveLength(3);
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, retrying: 0, backlog: 0, deadLetters: 0 });
    expect(await listPauses(stream)).toEqual([]);
  });

  it('lets a call that is under way come to its end', async () => {
    const answering = Promise.withResolvers<void>();
    const tools = new ScriptedTools(async ({ tool }) => {
      if (tool === 'score') await answering.promise;
      return ok();
    });
    const { pauses } = await start(stream, routes, tools);
    const ref = await post(stream, anEvent('a'));
    await waitUntil(() => tools.calls.some(({ tool }) => tool === 'score'), 'the call is under way');
    await pause(stream, what, {});
    await waitUntil(() => pauses.hasRoute('score') || pauses.hasServer('aws'), 'the consumer has seen it');
    await untilPaused(await post(stream, anEvent('b')), 'score', what);
    answering.resolve();
    await untilState(stream, ref, 'done');
    expect(tools.calls.filter(({ tool }) => tool === 'score')).toHaveLength(1);
  });
});

describe('a delivery that is put off by a pause', () => {
  it('keeps what is known of its attempts: neither the answer before nor the last error is forgotten', async () => {
    let isDown = true;
    const tools = new ScriptedTools(() => (isDown ? fails('TOOL_UNREACHABLE', 'not-sent') : ok()));
    await start(stream, routes, tools);
    const ref = await post(stream, anEvent('a'));
    await waitUntil(async () => ((await deliveryOf(ref, 'score'))?.attempts ?? 0) > 1, 'it has failed');
    await pause(stream, SCORE, {});
    const delivery = await untilPaused(ref, 'score', SCORE);
    expect(delivery.error).toMatchObject({ code: 'TOOL_UNREACHABLE', class: 'not-sent' });
    isDown = false;
    await resume(stream, SCORE);
    await untilState(stream, ref, 'done');
    const calls = tools.calls.filter(({ tool }) => tool === 'score');
    expect(new Set(calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  });

  it('expires instead of being begun when its event has expired meanwhile', async () => {
    const tools = new ScriptedTools(() => ok());
    const clock = await openMovableClock(stream);
    await pause(stream, SCORE, {});
    await start(stream, routes, tools, { clock });
    const event = anEvent('a');
    const expirytime = new Date(Date.now() + HOUR_MS).toISOString();
    const ref = await post(stream, { ...event, attributes: { ...event.attributes, expirytime } });
    await untilPaused(ref, 'score', SCORE);
    clock.moveBy(2 * HOUR_MS);
    await resume(stream, SCORE);
    expect(await untilState(stream, ref, 'expired')).toMatchObject({
      deliveries: expect.arrayContaining([expect.objectContaining({ route: 'score', state: 'expired' })]),
    });
    expect(tools.calls.map(({ tool }) => tool)).toEqual(['audit']);
  });

  it('may be a handler whose step calls the server: steps before are served, and no attempt is used up', async () => {
    const handling = someRoutes(`
routes: [{ id: work, on: { all: [] }, handler: handlers/work.ts, retry: { attempts: 1, initial: 5ms, max: 5ms } }]
`);
    let isPaused = true;
    let priced = 0;
    const handler = defineHandler(async ({ tools, step }) => {
      await step('price', () => priced++);
      return tools.call('refund', { server: 'aws', tool: 'refund', arguments: {}, idempotency: 'key' });
    });
    const tools = new ScriptedTools(() => (isPaused ? fails('SERVER_PAUSED', 'not-sent') : ok('refunded')));
    await start(stream, handling, tools, { handlers: new Map([['handlers/work.ts', handler]]) });
    const ref = await post(stream, anEvent('a'));
    await waitUntil(async () => ((await deliveryOf(ref, 'work'))?.attempts ?? 0) >= 2, 'it was tried twice');
    expect((await deliveryOf(ref, 'work'))?.error).toMatchObject({ code: 'SERVER_PAUSED', class: 'not-sent' });
    isPaused = false;
    expect((await untilState(stream, ref, 'done')).deliveries[0]?.result).toBe('refunded');
    expect(priced).toBe(1);
  });
});
