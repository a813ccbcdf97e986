import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { defineHandler } from '@millrace/handlers';
import { createToolCaller, type ToolCallerWithLife } from '@millrace/mcp-client';
import { type DeliveryRecord, readRecord } from '@millrace/stream-client';
import { type RawCall, said, serveCalls, type TestServer, waitUntil } from '@millrace/testing';
import { setStage, start, stream } from './stage.js';
import { anEvent, post, someRoutes, untilState } from './start-consuming.js';

let server: TestServer;
let caller: ToolCallerWithLife;

/** How the tool behaves: what it says with each notification, how often, and how many times. */
let manner = { everyMs: 50, times: 40, message: 'some way' };
let calls = 0;

setStage();

beforeAll(async () => {
  server = await serveCalls(workSlowly);
  const settings = { name: 'aws', url: server.url, privateAddresses: true, totalTimeoutMs: 30_000 };
  caller = createToolCaller([settings]);
});

afterAll(async () => {
  await caller.close();
  await server.kill();
});

beforeEach(() => {
  calls = 0;
});

function workSlowly({ response, message }: RawCall): void {
  calls += 1;
  const { everyMs, times, message: words } = manner;
  const progressToken = message.params?._meta?.progressToken;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let step = 0;
  const timer = setInterval(() => {
    step += 1;
    const params = { progressToken, progress: step, total: times, message: words };
    const notice = { jsonrpc: '2.0', method: 'notifications/progress', params };
    response.write(`data: ${JSON.stringify(notice)}\n\n`);
    if (step < times) return;
    clearInterval(timer);
    response.end(`data: ${JSON.stringify(said(message, 'finished'))}\n\n`);
  }, everyMs);
  response.on('close', () => clearInterval(timer));
}

/** A call may be silent for a second and a half; the first of these tests takes longer. */
const routes = (action: string) => someRoutes(`routes: [{ id: work, on: { all: [] }, ${action} }]`);
const CALLED = routes("call: { server: aws, tool: x }, with: '{}', timeout: 1500ms, retry: { attempts: 1 }");

const untilProgress = (ref: string, isMet: (progress: NonNullable<DeliveryRecord['progress']>) => boolean) =>
  waitUntil(async () => {
    const progress = (await readRecord(stream, ref))?.deliveries[0]?.progress;
    return progress !== undefined && isMet(progress) && progress;
  }, 'the record shows progress');

describe('a tool that reports progress', () => {
  it('is waited for beyond the timeout of its route, its record shows how far it is, and nobody else takes it over', async () => {
    manner = { everyMs: 50, times: 40, message: 'some way' };
    for (let n = 0; n < 2; n++) await start(stream, CALLED, caller);
    const ref = await post(stream, anEvent('a'));
    const first = await untilProgress(ref, () => true);
    expect(first).toMatchObject({ attempt: 1, step: '0', total: 40, message: 'some way', at: expect.any(Date) });
    const later = await untilProgress(ref, ({ progress }) => progress > first.progress);
    expect(Number(later.at)).toBeGreaterThan(Number(first.at));
    expect((await readRecord(stream, ref))?.deliveries[0]?.state).toBe('running');
    const record = await untilState(stream, ref, 'done');
    expect(record.deliveries).toMatchObject([{ state: 'done', attempts: 1, starts: 1 }]);
    expect([record.deliveries[0]?.progress, calls]).toEqual([undefined, 1]);
  });

  it('is written down as often as there are heartbeats, however often it says something, and in bounded words', async () => {
    manner = { everyMs: 1, times: 1_500, message: 'x'.repeat(10_000) };
    await start(stream, CALLED, caller);
    await stream.redis.config('RESETSTAT');
    const ref = await post(stream, anEvent('a'));
    expect((await untilProgress(ref, () => true)).message).toHaveLength(500);
    await untilState(stream, ref, 'done');
    const written = Number(/^cmdstat_hset:calls=(\d+)/m.exec(await stream.redis.info('commandstats'))?.[1]);
    expect(written).toBeGreaterThan(2);
    expect(written).toBeLessThan(300);
  });

  it('may be called by a step of a handler', async () => {
    manner = { everyMs: 50, times: 20, message: 'some way' };
    const handler = defineHandler(({ tools }) => tools.call('long', { server: 'aws', tool: 'x', arguments: {} }));
    const handled = routes('handler: handlers/work.ts');
    await start(stream, handled, caller, { handlers: new Map([['handlers/work.ts', handler]]) });
    const ref = await post(stream, anEvent('a'));
    expect(await untilProgress(ref, () => true)).toMatchObject({ attempt: 1, step: 'long', total: 20 });
    await untilState(stream, ref, 'done');
  });
});
