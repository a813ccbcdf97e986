import { afterEach, describe, expect, it } from '@jest/globals';
import { sleep } from '@millrace/core';
import { createToolCaller, Fleet, type ServerSettings } from '@millrace/mcp-client';
import { type EventRecord, readRecord } from '@millrace/stream-client';
import { answer, type RpcRequest, said, serve, type TestServer, waitUntil } from '@millrace/testing';
import { SharedServers } from '../src/configuration/shared-servers.js';
import { setStage, start, stream } from './stage.js';
import { anEvent, post, someRoutes } from './start-consuming.js';

const ATTEMPT_MS = 1_000;
const closing: (() => Promise<void>)[] = [];

setStage();

/** Consumers have ended by then. */
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server with one tool that takes the key; hanging, it still does what it is told and never says so. */
class Cloud {
  readonly effects = new Map<string, number>();
  calls = 0;
  isHanging = false;
  server!: TestServer;

  static async start(hints: object = {}): Promise<Cloud> {
    const cloud = new Cloud();
    cloud.server = await serve((_request, response, body) => {
      const message = JSON.parse(body || '{}') as RpcRequest;
      if (message.method === 'tools/call') cloud.#carryOut(message);
      if (cloud.isHanging) return;
      const tools = [{ name: 'x', inputSchema: { type: 'object' }, annotations: hints }];
      const reply = (result: unknown) => answer(response, { jsonrpc: '2.0', id: message.id, result });
      if (message.method === 'tools/call') answer(response, said(message, 'done'));
      else if (message.method === 'tools/list') reply({ tools });
      else if (message.method === 'initialize') reply(INITIALIZED);
      else if (message.id === undefined) response.writeHead(202).end();
      else response.writeHead(400).end();
    });
    closing.push(() => cloud.server.kill());
    return cloud;
  }

  #carryOut({ params }: RpcRequest): void {
    this.calls += 1;
    const key = String(params?._meta?.['millrace.dev/idempotency-key']);
    // It knows the key: a second call with it has no second effect here.
    if (!this.effects.has(key)) this.effects.set(key, 1);
  }
}

const INITIALIZED = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'cloud', version: '1' },
};

const routes = someRoutes(`
routes:
  - id: read
    on: { type: read }
    call: { anyOf: [aws, gcp], tool: x }
    with: '{}'
    idempotency: safe
    timeout: ${ATTEMPT_MS}ms
    retry: { attempts: 5, initial: 50ms, max: 500ms }
  - id: write
    on: { type: write }
    call: { anyOf: [aws, gcp], tool: x }
    with: '{}'
    delivery: effectively-once
    idempotency: key
    timeout: ${ATTEMPT_MS}ms
    retry: { attempts: 20, initial: 50ms, max: 500ms }
  - id: charge
    on: { type: charge }
    call: { server: aws, tool: x }
    with: '{}'
    delivery: effectively-once
    timeout: ${ATTEMPT_MS}ms
    retry: { attempts: 20, initial: 50ms, max: 500ms }
`);

async function startWith(clouds: Readonly<Record<string, Cloud>>, settings: Partial<ServerSettings> = {}) {
  const fleet = new Fleet({ places: 64 });
  const servers = new SharedServers((one) => createToolCaller([one], { fleet }), fleet);
  const configured = Object.entries(clouds).map(([name, { server }]) => ({
    name,
    url: server.url,
    privateAddresses: true,
    breaker: { failures: 5, openForMs: 500, maxOpenForMs: 2_000 },
    ...settings,
  }));
  const tools = servers.lend(configured);
  closing.push(() => tools.release());
  const consumer = await start(stream, routes, tools, { concurrency: 64, drainMs: 0 });
  return { fleet, consumer };
}

/** Posts events one after the other, some ms apart, and resolves with their refs. */
async function postAll(type: string, prefix: string, count: number, everyMs: number): Promise<string[]> {
  const refs: string[] = [];
  for (let n = 0; n < count; n++) {
    refs.push(await post(stream, anEvent(`${prefix}-${n}`, type)));
    await sleep(everyMs);
  }
  return refs;
}

function untilFinished(refs: readonly string[]): Promise<EventRecord[]> {
  const finished = async (ref: string) =>
    waitUntil(async () => {
      const record = await readRecord(stream, ref);
      return record !== undefined && record.state !== 'open' && record;
    }, `${ref} is finished`);
  return Promise.all(refs.map(finished));
}

const statesOf = (records: readonly EventRecord[]) => new Set(records.map(({ state }) => state));

function percentile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? Number.NaN;
}

describe('an outage of one of two equivalent servers, under load', () => {
  it('costs no read, doubles no write, is noticed by few calls, and ends by itself', async () => {
    const [aws, gcp] = await Promise.all([Cloud.start(), Cloud.start()]);
    const { fleet } = await startWith({ aws, gcp });
    const breakerOf = (name: string) => fleet.states().find((one) => one.name === name)?.breaker;
    expect(statesOf(await untilFinished(await postAll('read', 'before', 20, 2)))).toEqual(new Set(['done']));
    expect([aws.calls, gcp.calls]).toEqual([20, 0]);

    aws.isHanging = true;
    const during = await Promise.all([postAll('read', 'r', 40, 20), postAll('write', 'w', 20, 40)]);
    await waitUntil(() => breakerOf('aws') !== 'closed', 'the breaker of aws is open');
    const callsWhenOpened = aws.calls;
    const tookMs: number[] = [];
    for (let n = 0; n < 100; n++) {
      const startedAt = performance.now();
      await untilFinished(await postAll('read', `late-${n}`, 1, 0));
      tookMs.push(performance.now() - startedAt);
    }
    const seenByAws = aws.calls - callsWhenOpened;
    const seconds = Math.round(tookMs.reduce((sum, ms) => sum + ms, 0) / 1_000);
    console.info(
      `${tookMs.length} reads after the breaker opened: p50 ${Math.round(percentile(tookMs, 0.5))} ms, p99 ${Math.round(
        percentile(tookMs, 0.99),
      )} ms; in ${seconds} s, ${seenByAws} calls reached the hanging server`,
    );

    aws.isHanging = false;
    const [reads, writes] = await Promise.all(during.map(untilFinished));
    expect(statesOf(reads ?? [])).toEqual(new Set(['done']));
    expect(statesOf(writes ?? [])).toEqual(new Set(['done']));
    const everywhere = [...aws.effects.keys()].filter((key) => gcp.effects.has(key));
    const keys = new Set(
      (writes ?? []).flatMap(({ deliveries }) => deliveries.flatMap(({ effects }) => effects)).map(keyOf),
    );
    expect(keys.size).toBe(20);
    expect(everywhere.filter((key) => keys.has(key))).toEqual([]);
    // Only writes that belong to aws go there meanwhile, one at a time, as probes: the fewer the faster the reads are.
    expect(seenByAws).toBeLessThanOrEqual(tookMs.length / 4);

    await waitUntil(async () => {
      await untilFinished(await postAll('read', `after-${aws.calls}-${gcp.calls}`, 1, 0));
      return breakerOf('aws') === 'closed';
    }, 'aws is called again');
    const before = aws.calls;
    await untilFinished(await postAll('read', 'again', 5, 0));
    expect(aws.calls).toBe(before + 5);
  });
});

describe('a write whose consumer died in the middle of the call', () => {
  it('stays with its server, also while that one cannot be reached', async () => {
    const [aws, gcp] = await Promise.all([Cloud.start(), Cloud.start()]);
    const { consumer } = await startWith({ aws, gcp });
    await untilFinished([await post(stream, anEvent('warm-up', 'write'))]);
    aws.isHanging = true;
    const ref = await post(stream, anEvent('a', 'write'));
    await waitUntil(() => aws.calls === 2, 'aws has the call');
    await consumer.stop();
    await aws.server.kill();
    await startWith({ aws, gcp });
    await waitUntil(async () => ((await readRecord(stream, ref))?.deliveries[0]?.attempts ?? 0) >= 3, 'it is tried');
    expect(gcp.calls).toBe(0);
  });
});

function keyOf(effect: unknown): string {
  return (effect as { key: string }).key;
}

describe('a tool that its server calls harmless to repeat', () => {
  it.each([
    ['read-only', { readOnlyHint: true }],
    ['idempotent', { idempotentHint: true }],
  ])('is called again after an unknown outcome where the server is trusted: %s', async (_word, hints) => {
    const aws = await Cloud.start(hints);
    await startWith({ aws }, { trustAnnotations: true });
    await untilFinished([await post(stream, anEvent('warm-up', 'charge'))]);
    aws.isHanging = true;
    const ref = await post(stream, anEvent('a', 'charge'));
    await waitUntil(() => aws.calls > 1, 'the call is out');
    await waitUntil(async () => (await readRecord(stream, ref))?.deliveries[0]?.state === 'retrying', 'it is retried');
    aws.isHanging = false;
    expect(statesOf(await untilFinished([ref]))).toEqual(new Set(['done']));
  });

  it('is left to a person where the server is not trusted, whatever it says', async () => {
    const aws = await Cloud.start({ readOnlyHint: true });
    await startWith({ aws });
    aws.isHanging = false;
    await untilFinished([await post(stream, anEvent('warm-up', 'charge'))]);
    aws.isHanging = true;
    const [record] = await untilFinished([await post(stream, anEvent('a', 'charge'))]);
    expect(record?.deliveries[0]).toMatchObject({ state: 'dead', reason: 'outcome-unknown', attempts: 1 });
    expect(aws.calls).toBe(2);
  });
});
