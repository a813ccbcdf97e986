import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AttributeValue, contentHashOf, type Event, REPLAY_ATTRIBUTE } from '@millrace/events';
import { createAppender, createSettler, openBlockingSource, type Stream } from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { openTestOperator } from './open-test-operator.js';

/** More than are asked for everything. */
const PARTITIONS = 20;

let server: RedisServer;
let operator: Awaited<ReturnType<typeof openTestOperator>>;
let first: Stream;
let last: Stream;

beforeAll(async () => {
  server = await startRedisServer();
  operator = await openTestOperator(server.url, {}, { partitions: PARTITIONS });
  const { all } = operator.partitions;
  [first, last] = [all[1], all.at(-1)] as [Stream, Stream];
});

afterAll(async () => {
  await operator.close();
  await server.stop();
});

/** Appends an event to a partition, whatever its key says. Resolves with its ref. */
async function append(
  stream: Stream,
  id: string,
  more: Readonly<Record<string, AttributeValue>> = {},
  source = '/test',
): Promise<string> {
  const own = { id, source, type: 'com.test.happened' };
  const data = { kind: 'json', bytes: Buffer.from('{}') } as const;
  const event: Event = { ...own, attributes: { specversion: '1.0', ...own, ...more }, data };
  const appender = createAppender(stream, { maxBacklog: 1_000, deadlineMs: 60_000 });
  const result = await appender.append(event, contentHashOf(event));
  if (result.kind !== 'accepted') throw new Error(`event ${id} was ${result.kind}`);
  return result.ref;
}

const get = async (url: string) => (await operator.app.inject(url)).json();

async function searchesSoFar(): Promise<number> {
  const stats = await first.redis.info('commandstats');
  return Number(/cmdstat_xrevrange:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

describe('GET /v1/events/{ref} with many partitions', () => {
  it('names the event that was replayed, in whichever partition it is', async () => {
    const ref = await append(first, 'replayed');
    const replay = { causationid: 'replayed', [REPLAY_ATTRIBUTE]: ref };
    const again = await append(last, 'replay', replay, '/elsewhere');
    expect(await get(`/v1/events/${again}`)).toMatchObject({ causedBy: { ref, replayed: true } });
  });

  it('names another event of the same sender, in whichever partition it is, and none that only has its id', async () => {
    const cause = await append(first, 'cause');
    const ref = await append(last, 'effect', { causationid: 'cause' });
    expect(await get(`/v1/events/${ref}`)).toMatchObject({ causedBy: { ref: cause, replayed: false } });
    const other = await append(last, 'other', { causationid: 'cause' }, '/elsewhere');
    expect(await get(`/v1/events/${other}`)).not.toHaveProperty('causedBy');
  });

  it('looks through the events of one partition at most', async () => {
    const ref = await append(last, 'nobody caused it', { causationid: 'nothing' });
    const before = await searchesSoFar();
    await get(`/v1/events/${ref}`);
    expect((await searchesSoFar()) - before).toBeLessThanOrEqual(1);
  });
});

describe('GET /v1/approvals with many partitions', () => {
  it('goes on where a whole page of one partition was answered meanwhile', async () => {
    const ref = await append(first, 'asks');
    const source = await openBlockingSource(first, 'me', 50);
    const entries = await source.read(100);
    await source.close();
    const asks = { attempt: 1, step: '0', server: 'aws', tool: 'refund', requests: { approval: {} }, arguments: {} };
    const settler = createSettler(first, 'me');
    for (const entry of entries) {
      const detail = { version: '1', effects: [], asks };
      const parked = { route: 'r', state: 'parked', attempt: 1, detail, delayMs: 60_000, unsent: 1 } as const;
      await settler.settle({ entry, routes: ['r'], outcomes: [parked] });
    }
    for (const n of [1, 2]) await first.redis.zadd(first.keys.parked, n, `${first.keys.partition}-${n}-0 r`);
    const found: string[] = [];
    let cursor = '';
    do {
      const { items, next } = await get(`/v1/approvals?limit=1${cursor}`);
      found.push(...(items as { ref: string }[]).map((item) => item.ref));
      cursor = next === undefined ? '' : `&cursor=${encodeURIComponent(next)}`;
    } while (cursor !== '');
    expect(found).toContain(ref);
    expect(found).toHaveLength(entries.length);
  });
});

describe('GET /v1/stream with many partitions', () => {
  it('tells a reader that comes back of an event that is older than the last one it was told of, in another partition', async () => {
    const ref = await append(first, 'was not looked at yet');
    const acceptedMs = Number(ref.split('-')[1]);
    await operator.app.listen({ port: 0 });
    const { port } = operator.app.server.address() as AddressInfo;
    const reading = new AbortController();
    const headers = { 'last-event-id': `${acceptedMs + 1_200}-0` };
    const answer = await fetch(`http://127.0.0.1:${port}/v1/stream`, { headers, signal: reading.signal });
    let told = '';
    const timeout = AbortSignal.timeout(60_000);
    timeout.addEventListener('abort', () => reading.abort());
    for await (const chunk of answer.body ?? []) {
      told += Buffer.from(chunk).toString();
      if (told.includes(ref)) break;
    }
    reading.abort();
    operator.app.server.closeAllConnections();
    expect(told).toContain(ref);
  });
});
