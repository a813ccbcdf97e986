import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { contentHashOf, type Event } from '@millrace/events';
import { createAppender, createSettler, openBlockingSource, type Stream } from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { openTestOperator } from './open-test-operator.js';

const PARTITIONS = 4;
const EVENTS = 20;
const ROUTE = 'score.order';

type Operator = Awaited<ReturnType<typeof openTestOperator>>;
let server: RedisServer;
let operator: Operator;
/** In the order of acceptance. */
const refs: string[] = [];

interface Page {
  readonly items: readonly { readonly ref: string; readonly id: string }[];
  readonly next?: string;
}

async function get<T>(url: string): Promise<T> {
  const response = await operator.app.inject({ url });
  expect({ url, status: response.statusCode }).toEqual({ url, status: 200 });
  return response.json<T>();
}

/** All pages of a list, one after the other. */
async function all(path: string): Promise<Page['items']> {
  const items: Page['items'][number][] = [];
  let cursor = '';
  for (let pages = 0; pages < 100; pages++) {
    const page = await get<Page>(`${path}${cursor}`);
    items.push(...page.items);
    if (page.next === undefined) return items;
    cursor = `${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(page.next)}`;
  }
  throw new Error(`${path} has no end`);
}

function eventOf(n: number): Event {
  const own = { id: `event-${n}`, source: '/test', type: 'com.test.happened' };
  const data = { kind: 'json', bytes: Buffer.from('{}') } as const;
  return { ...own, attributes: { specversion: '1.0', ...own, partitionkey: `key-${n}` }, data };
}

async function post(n: number): Promise<string> {
  const event = eventOf(n);
  const stream = operator.partitions.forEvent(event);
  const appender = createAppender(stream, { maxBacklog: 1_000, deadlineMs: 60_000 });
  const result = await appender.append(event, contentHashOf(event));
  if (result.kind !== 'accepted') throw new Error(`event ${n} was ${result.kind}`);
  return result.ref;
}

/** Settles everything that a partition has to read in one way. */
async function settleAll(stream: Stream, state: 'dead' | 'parked' | 'done'): Promise<void> {
  const consumer = `consumer-of-${stream.keys.partition}`;
  const source = await openBlockingSource(stream, consumer, 20);
  const settler = createSettler(stream, consumer);
  const asks = { attempt: 1, step: '0', server: 'aws', tool: 'refund', requests: { approval: {} }, arguments: {} };
  const error = { code: 'TOOL_TIMEOUT', message: 'no answer' };
  const detail = { version: '1', effects: [], ...(state === 'parked' ? { asks } : { reason: 'refused', error }) };
  for (let entries = await source.read(50); entries.length > 0; entries = await source.read(50)) {
    await Promise.all(
      entries.map((entry) => {
        const attempt = entry.kind === 'entry' ? (entry.retry?.attempt ?? 1) : 1;
        const later = state === 'parked' ? { delayMs: 60_000, unsent: 1 } : {};
        const outcomes = [{ route: ROUTE, state, attempt, detail, ...later }];
        return settler.settle({ entry, routes: [ROUTE], outcomes });
      }),
    );
  }
  await source.close();
}

const inAll = (state: 'dead' | 'parked' | 'done') =>
  Promise.all(operator.partitions.all.map((stream) => settleAll(stream, state)));

beforeAll(async () => {
  server = await startRedisServer();
  operator = await openTestOperator(server.url, {}, { partitions: PARTITIONS });
  for (let n = 0; n < EVENTS; n++) refs.push(await post(n));
});

afterAll(async () => {
  await operator.close();
  await server.stop();
});

// One after the other: each test leaves the events as the next one needs them.
describe('an operator of four partitions', () => {
  it('lists the events of all of them once, the latest first, over pages of any size', async () => {
    expect(new Set(refs.map((ref) => ref.split('-')[0])).size).toBe(PARTITIONS);
    const inTime = (found: Page['items']) => found.map(({ ref }) => Number(ref.split('-')[1]));
    for (const limit of [1, 3, 50]) {
      const found = await all(`/v1/events?limit=${limit}`);
      expect(found.map(({ ref }) => ref).sort()).toEqual([...refs].sort());
      expect(inTime(found)).toEqual(inTime(found).sort((a, b) => b - a));
    }
  });

  it('finds an event by its ref, and by its source and id, in whichever partition it is', async () => {
    for (const ref of refs.slice(0, 6)) expect(await get(`/v1/events/${ref}`)).toMatchObject({ ref, state: 'open' });
    const found = await get<Page>('/v1/events?source=/test&id=event-7');
    expect(found.items.map(({ ref }) => ref)).toEqual([refs[7]]);
  });

  it('counts all of them together, and shows the busiest by themselves', async () => {
    await operator.overview.countOnce();
    expect(await get('/v1/overview')).toMatchObject({ now: { backlog: EVENTS, lag: EVENTS, conservation: 0 } });
    const { partitions } = await get<{ partitions: { count: number; busiest: { backlog: number }[] } }>('/v1/system');
    expect(partitions.count).toBe(PARTITIONS);
    expect(partitions.busiest.map(({ backlog }) => backlog)).toHaveLength(PARTITIONS);
    expect(partitions.busiest.reduce((sum, { backlog }) => sum + backlog, 0)).toBe(EVENTS);
  });

  it('tells of what comes into any of them, and what becomes of it', async () => {
    const told: string[] = [];
    const unlisten = operator.live.listen(({ events }) =>
      told.push(...events.map(({ ref, state }) => `${ref} ${state}`)),
    );
    await inAll('parked');
    await waitUntil(async () => refs.every((ref) => told.includes(`${ref} open`)), 'every parked event was told');
    unlisten();
  });

  it('lists what waits for an answer in any of them once, and takes the answers', async () => {
    const waiting = await all('/v1/approvals?limit=3');
    expect(waiting.map(({ ref }) => ref).sort()).toEqual([...refs].sort());
    for (const { id } of waiting) {
      const payload = { responses: { approval: { action: 'accept' } } };
      const answer = await operator.app.inject({ method: 'POST', url: `/v1/approvals/${id}`, payload });
      expect(answer.statusCode).toBe(202);
    }
    expect(await all('/v1/approvals')).toEqual([]);
  });

  it('lists the dead letters of all of them once, the latest first, and shows, discards and redrives each', async () => {
    await inAll('dead');
    const letters = await all('/v1/dead-letters?limit=3');
    expect(letters.map(({ ref }) => ref).sort()).toEqual([...refs].sort());
    expect(await all('/v1/dead-letters?reason=refused&limit=7')).toEqual(letters);
    expect(await all('/v1/dead-letters?reason=another')).toEqual([]);
    const [first, second] = letters;
    expect(await get(`/v1/dead-letters/${first?.id}`)).toMatchObject({ ref: first?.ref });
    const discarded = await operator.app.inject({ method: 'DELETE', url: `/v1/dead-letters/${first?.id}` });
    const redriven = await operator.app.inject({ method: 'POST', url: `/v1/dead-letters/${second?.id}/redrive` });
    expect([discarded.statusCode, redriven.statusCode]).toEqual([204, 202]);
    expect(await all('/v1/dead-letters')).toHaveLength(EVENTS - 2);
  });

  it('redrives the dead letters of all of them in one job, with one count', async () => {
    const url = '/v1/dead-letters/redrives';
    const started = await operator.app.inject({ method: 'POST', url, payload: { filter: {}, rate: 1_000 } });
    expect(started.statusCode).toBe(202);
    const { job, matched } = started.json<{ job: string; matched: number }>();
    expect(matched).toBe(EVENTS - 2);
    const ended = await waitUntil(async () => {
      const now = await get<{ state: string; redriven: number }>(`${url}/${job}`);
      return now.state !== 'running' && now;
    }, 'the job has ended');
    expect(ended).toMatchObject({ state: 'done', redriven: EVENTS - 2, skipped: 0 });
    expect(await all('/v1/dead-letters')).toEqual([]);
    expect(await get(url)).toMatchObject({ items: [{ job, redriven: EVENTS - 2 }] });
    await inAll('done');
  });

  it('cancels a job in all of them, and another may start', async () => {
    for (let n = EVENTS; n < 2 * EVENTS; n++) await post(n);
    await inAll('dead');
    const url = '/v1/dead-letters/redrives';
    const order = { method: 'POST', url, payload: { filter: {}, rate: 1 } } as const;
    const { job } = (await operator.app.inject(order)).json<{ job: string }>();
    expect((await operator.app.inject(order)).statusCode).toBe(409);
    const cancelled = await operator.app.inject({ method: 'DELETE', url: `${url}/${job}` });
    expect(cancelled.json()).toMatchObject({ state: 'cancelled' });
    const left = (await all('/v1/dead-letters')).length;
    expect(left).toBeGreaterThan(0);
    const purge = { filter: {}, expect: left, rate: 1_000 };
    const purged = await operator.app.inject({ method: 'POST', url: '/v1/dead-letters/purges', payload: purge });
    expect(purged.statusCode).toBe(202);
    await waitUntil(async () => (await all('/v1/dead-letters')).length === 0, 'all dead letters are gone');
  });

  it('sends an event of any of them again, into the partition of its key', async () => {
    for (const ref of refs.slice(0, 6)) {
      const sent = await operator.app.inject({ method: 'POST', url: `/v1/events/${ref}/replay` });
      expect(sent.statusCode).toBe(202);
      const again = sent.json<{ ref: string }>().ref;
      expect(again.split('-')[0]).toBe(ref.split('-')[0]);
      expect(await get(`/v1/events/${again}`)).toMatchObject({ ref: again });
    }
  });
});
