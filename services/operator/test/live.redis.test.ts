import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createGroup, pause, resume } from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { EventWriter } from '../src/live/event-writer.js';
import { LatencyWindow } from '../src/live/latency-window.js';
import { append, giveUpNext, openTestOperator, ROUTE } from './open-test-operator.js';

let redis: RedisServer;
let operator: Awaited<ReturnType<typeof openTestOperator>>;
let url: string;
const readers = new Set<AbortController>();

beforeAll(async () => {
  redis = await startRedisServer();
  operator = await openTestOperator(redis.url);
  await operator.app.listen({ port: 0 });
  url = `http://127.0.0.1:${(operator.app.server.address() as AddressInfo).port}`;
});

beforeEach(async () => {
  await operator.stream.redis.flushall();
  await createGroup(operator.stream);
});

afterEach(() => {
  for (const reader of readers) reader.abort();
  readers.clear();
});

afterAll(async () => {
  // Those that fetch has opened ahead and never used would be waited for.
  operator.app.server.closeAllConnections();
  await operator.close();
  await redis.stop();
});

/** Reads the live stream; what has come so far is in `news`. */
async function readLive(query = '', headers: Record<string, string> = {}) {
  const controller = new AbortController();
  readers.add(controller);
  const answer = await fetch(`${url}/v1/stream${query}`, { headers, signal: controller.signal });
  const news: { event: string; data: Record<string, unknown> }[] = [];
  const reading = (async () => {
    let rest = '';
    for await (const chunk of answer.body ?? []) {
      rest += Buffer.from(chunk).toString();
      const pieces = rest.split('\n\n');
      rest = pieces.pop() ?? '';
      for (const piece of pieces) {
        const event = /^event: (.+)$/m.exec(piece)?.[1];
        if (event !== undefined) news.push({ event, data: JSON.parse(/^data: (.+)$/m.exec(piece)?.[1] ?? '') });
      }
    }
  })().catch(() => undefined);
  const dataOf = (event: string) => news.filter((one) => one.event === event).map(({ data }) => data);
  return { answer, dataOf, reading };
}

describe('GET /v1/overview', () => {
  it('answers 503 before anybody has counted, then how things stand, and the course of the last minutes', async () => {
    expect((await operator.app.inject('/v1/overview')).statusCode).toBe(503);
    await append(operator.stream, 'a');
    await append(operator.stream, 'b');
    await giveUpNext(operator.stream, ROUTE);
    await operator.overview.countOnce();
    const { now, series } = (await operator.app.inject('/v1/overview')).json();
    expect(now).toMatchObject({
      backlog: 1,
      lag: 1,
      pending: 0,
      deadLetters: 1,
      conservation: 0,
      promises: { durability: 'fsync', holds: true, problems: [] },
    });
    expect(series).toMatchObject({ intervalMs: 5_000, backlog: [1], dead: [1] });
  });
});

describe('GET /v1/stream', () => {
  it('tells what is paused, at the beginning and when somebody pauses or resumes', async () => {
    const { stream, pauses } = operator;
    await pause(stream, { kind: 'route', name: 'score' }, { note: 'being moved' });
    await pauses.lookOnce();
    const { dataOf } = await readLive();
    await waitUntil(() => dataOf('paused').length === 1, 'the reader knows what is paused');
    expect(dataOf('paused')[0]).toMatchObject({ items: [{ kind: 'route', name: 'score', note: 'being moved' }] });
    await resume(stream, { kind: 'route', name: 'score' });
    await pauses.lookOnce();
    await waitUntil(() => dataOf('paused').length === 2, 'the reader knows that it goes on');
    expect(dataOf('paused')[1]).toEqual({ items: [] });
  });

  it('tells of an event as it comes in and as it changes, and of the dead letter that it becomes', async () => {
    const { answer, dataOf } = await readLive();
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    await operator.overview.countOnce();
    await waitUntil(() => dataOf('overview').length > 0, 'the overview has come');
    const begunAt = performance.now();
    let ref = '';
    // The stream is followed from where it is when the first reader has come, which is not said.
    await waitUntil(async () => {
      ref = await append(operator.stream, `event ${Math.round(performance.now() * 1_000)}`);
      return dataOf('event').length > 0;
    }, 'an event has come');
    console.info(`live after ${Math.round(performance.now() - begunAt)} ms`);
    const known = dataOf('event').length;
    await giveUpNext(operator.stream, ROUTE);
    await waitUntil(() => dataOf('dead-letter').length > 0, 'the dead letter has come');
    expect(dataOf('dead-letter')[0]).toMatchObject({ route: ROUTE, type: 'com.test.happened' });
    expect(
      dataOf('event')
        .slice(known)
        .map(({ state }) => state),
    ).toContain('dead');
    expect(ref).not.toBe('');
  });

  it('tells each reader what it asked for alone', async () => {
    const [all, none] = [await readLive(), await readLive('?type=com.other.*')];
    await waitUntil(async () => {
      await append(operator.stream, `event ${Math.round(performance.now() * 1_000)}`);
      return all.dataOf('event').length > 0;
    }, 'an event has come');
    expect(none.dataOf('event')).toEqual([]);
    expect((await fetch(`${url}/v1/stream?colour=red`)).status).toBe(400);
  });

  it('tells a reader that comes back what it has missed', async () => {
    await append(operator.stream, 'before');
    const { dataOf } = await readLive('', { 'last-event-id': '1000-0' });
    await waitUntil(() => dataOf('event').length > 0, 'what was missed has come');
    expect(dataOf('event')[0]).toMatchObject({ id: 'before', state: 'open' });
  });

  it('refuses more readers than it has places for, and has a place again when one goes', async () => {
    const open = await Promise.all(Array.from({ length: 32 }, () => readLive()));
    const refused = await fetch(`${url}/v1/stream`);
    const problem = (await refused.json()) as { code: string };
    expect([refused.status, problem.code]).toEqual([503, 'TOO_MANY_STREAMS']);
    for (const reader of readers) reader.abort();
    await Promise.all(open.map(({ reading }) => reading));
    await waitUntil(async () => (await readLive()).answer.status === 200, 'there is a place again');
  });
});

describe('EventWriter', () => {
  it('holds nothing for a reader that does not keep up, and tells it how much was left out', () => {
    const written: string[] = [];
    let onDrain: () => void = () => undefined;
    let takes = true;
    const raw = {
      writeHead() {},
      end() {},
      on: (_event: string, listener: () => void) => {
        onDrain = listener;
      },
      write: (text: string) => {
        written.push(text);
        return takes;
      },
    };
    const writer = new EventWriter(raw as never);
    takes = false;
    for (let n = 0; n < 1_000; n++) writer.write({ event: 'event', data: n });
    expect(written).toHaveLength(2);
    takes = true;
    onDrain();
    expect(written.at(-1)).toBe('event: dropped\ndata: {"dropped":999}\n\n');
    writer.write({ event: 'event', data: 'next', id: '1-0' });
    expect(written.at(-1)).toBe('id: 1-0\nevent: event\ndata: "next"\n\n');
    writer.end();
  });
});

describe('LatencyWindow', () => {
  it('knows the middle and the slow end of the last minute, and nothing of what is older', () => {
    const window = new LatencyWindow(60_000, 5);
    expect(window.quantile(0.5)).toBeNull();
    window.add([1, 2, 3, 4, 100], 0);
    expect([window.quantile(0.5), window.quantile(0.99)]).toEqual([3, 100]);
    window.add([7], 1);
    expect(window.quantile(0)).toBe(2);
    window.add([], 60_001);
    expect(window.quantile(0.5)).toBeNull();
  });
});
