import { describe, expect, it } from '@jest/globals';
import { freePort } from '@millrace/testing';
import { EXIT } from '../src/errors.js';
import type { FakeAnswer } from './fake-service.js';
import { run, stopServiceAfterEach } from './run-command.js';

stopServiceAfterEach();

const accepted = { status: 202, body: { ref: '0-1-0', id: 'a', source: '/s', duplicate: false } };
const notFound = { status: 404, body: { code: 'RECORD_NOT_FOUND', detail: 'no event has this ref' } };

describe('events tail', () => {
  it('tells an event once, also where a stream that is opened again tells it a second time', async () => {
    const event = (ref: string, state: string) => ({ ref, type: 't', acceptedAt: 'now', state, routes: [] });
    const news = (...events: object[]) =>
      events.map((one) => `id: 5-0\nevent: event\ndata: ${JSON.stringify(one)}\n\n`);
    const streams = [news(event('0-1-0', 'open')), news(event('0-1-0', 'open'), event('0-1-0', 'done'))];
    const { out, seen } = await run(['events', 'tail'], () => {
      const stream = streams.shift();
      return stream === undefined ? notFound : { status: 200, body: stream.join('') };
    });
    expect(seen[1]?.headers['last-event-id']).toBe('5-0');
    expect(out.split('\n').map((line) => line.split(/ +/)[1])).toEqual(['open', 'done']);
  });

  it('tells an event that dies, is sent again and dies again each time', async () => {
    const line = (state: string) =>
      `event: event\ndata: ${JSON.stringify({ ref: '0-1-0', type: 't', acceptedAt: 'now', state, routes: [] })}\n\n`;
    const streams = [['dead', 'open', 'dead'].map(line).join('')];
    const { out } = await run(['events', 'tail'], () => {
      const body = streams.shift();
      return body === undefined ? notFound : { status: 200, body };
    });
    expect(out.split('\n').map((told) => told.split(/ +/)[1])).toEqual(['dead', 'open', 'dead']);
  });
});

describe('events tail', () => {
  it('prints a line for each event, tells what was left out, and ends when it is refused', async () => {
    const item = { ref: '0-1-0', type: 'com.t', acceptedAt: '2026-01-01T00:00:00Z', state: 'dead', routes: [] };
    const told = `: hello\n\nid: 1-0\nevent: event\ndata: ${JSON.stringify(item)}\n\nevent: dropped\ndata: {"dropped":7}\n\n`;
    const answers: FakeAnswer[] = [
      { status: 200, body: told },
      { status: 401, body: { code: 'UNAUTHENTICATED' } },
    ];
    const { code, out, notes, seen } = await run(
      ['events', 'tail', '--type', 'com.*'],
      () => answers.shift() ?? 'reset',
    );
    expect(out).toMatch(/^2026-01-01T00:00:00Z {2}dead {2,}0-1-0 {2}com\.t$/);
    expect(notes).toContain('7 more');
    expect(code).toBe(EXIT.no);
    expect(seen.map(({ path, headers }) => [path, headers['last-event-id']])).toEqual([
      ['/v1/stream?type=com.*', undefined],
      ['/v1/stream?type=com.*', '1-0'],
    ]);
  });
});

describe('events send', () => {
  it('posts the data byte for byte, with the key, and prints the ref', async () => {
    const args = ['events', 'send', 'com.shop.order.created', '--id', 'a', '--data', '{"total": 1.50}'];
    const { code, out, seen } = await run(args, () => accepted);
    expect(code).toBe(EXIT.ok);
    expect(out).toContain('0-1-0');
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/v1/events', headers: { authorization: 'Bearer sender' } });
    expect(seen[0]?.body).toBe('{"type":"com.shop.order.created","id":"a","data":{"total": 1.50}}');
  });

  it('gives it a partition key', async () => {
    const { seen } = await run(['events', 'send', 't', '--key', 'order/7'], () => accepted);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ type: 't', partitionkey: 'order/7', data: {} });
  });

  it('prints with --json exactly what the service answered', async () => {
    const { out } = await run(['events', 'send', 't', '--json'], () => ({ status: 202, body: '{"ref": "0-1-0"}' }));
    expect(out).toBe('{"ref": "0-1-0"}');
  });

  it('exits 1 when the event is refused, saying why', async () => {
    const refusal = {
      status: 422,
      body: { code: 'EVENT_INVALID', detail: 'no', errors: [{ pointer: '/data', detail: 'is too long' }] },
    };
    const { code, notes } = await run(['events', 'send', 't'], () => refusal);
    expect(code).toBe(EXIT.no);
    expect(notes).toMatch(/422 EVENT_INVALID: no\n {2}\/data is too long$/);
  });

  it('exits 2 when no answer comes: the event may have been accepted', async () => {
    expect((await run(['events', 'send', 't'], () => 'reset')).code).toBe(EXIT.unknown);
    expect((await run(['events', 'send', 't'], () => ({ status: 503, body: {} }))).code).toBe(EXIT.unknown);
  });

  it('exits 3 when nobody listens, or the command line is wrong', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect((await run(['events', 'send', 't'], undefined, { url: nobody })).code).toBe(EXIT.unusable);
    const { code, seen } = await run(['events', 'send', 't', '--data', '{']);
    expect({ code, seen }).toEqual({ code: EXIT.unusable, seen: [] });
    expect((await run(['events', 'send'])).code).toBe(EXIT.unusable);
    expect((await run(['events', 'send', 't', '--wait', 'long'])).code).toBe(EXIT.unusable);
    expect((await run(['events', 'send', 't', '--url', 'localhost:8080'])).notes).toContain('must be a URL');
  });
});

describe('events show', () => {
  it('prints a row for each route', async () => {
    const route = { id: 'score-order', state: 'done', attempts: 2, followUps: ['0-2-0'] };
    const record = { ref: '0-1-0', state: 'done', event: { id: 'a', type: 't' }, routes: [route] };
    const { out } = await run(['events', 'show', '0-1-0'], () => ({ status: 200, body: record }));
    expect(out).toMatch(/score-order +done +2 +0-2-0/);
  });

  it('says where a delivery went on, and redrives it under the ref that it has there', async () => {
    const route = { id: 'ship', state: 'dead', attempts: 2, followUps: [], movedTo: '3-7-0' };
    const record = { ref: '0-1-0', state: 'dead', event: { id: 'a', type: 't' }, routes: [route] };
    const { out, notes } = await run(['events', 'show', '0-1-0'], () => ({ status: 200, body: record }));
    expect(out).toContain('in the partition of its key, as 3-7-0');
    expect(notes).toContain('dead-letters redrive 3-7-0.ship');
  });

  it('exits 1 for a ref that never was', async () => {
    expect((await run(['events', 'show', 'nope'], () => notFound)).code).toBe(EXIT.no);
  });
});

describe('events cancel', () => {
  it('names what was cancelled and what was left, and exits 1 when nothing was', async () => {
    const answer = (cancelled: readonly string[]) => () => ({
      status: 200,
      body: { ref: '0-1-0', cancelled, left: [{ route: 'two', state: 'running' }] },
    });
    const { code, out, seen } = await run(['events', 'cancel', '0-1-0', 'a.b'], answer(['a.b']));
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/v1/events/0-1-0/cancel?route=a.b' });
    expect(out).toMatch(/a\.b +cancelled\ntwo +left, running/);
    expect(code).toBe(EXIT.ok);
    expect((await run(['events', 'cancel', '0-1-0'], answer([]))).code).toBe(EXIT.no);
  });
});

describe('events find', () => {
  const event = { id: 'a', type: 'com.t', acceptedAt: '2026-01-01T00:00:00Z', state: 'dead', routes: [] };

  it('goes on through short and empty pages until there are enough, and hands every condition on', async () => {
    const pages = [
      { items: [], scanned: 10_000, next: '5-0', scannedTo: '2026-01-02T00:00:00Z' },
      { items: [{ ...event, ref: '0-1-0' }], scanned: 10_000, next: '4-0' },
      { items: [{ ...event, ref: '0-2-0' }], scanned: 3, next: '3-0' },
    ];
    const args = ['events', 'find', '--text', 'lost parcel', '--state', 'dead', '--limit', '2'];
    const { code, out, notes, seen } = await run(args, () => ({ status: 200, body: pages.shift() }));
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(/0-1-0 .*dead\n0-2-0 /s);
    expect(notes).toContain('--cursor 3-0');
    expect(seen.map(({ path }) => path)).toEqual([
      '/v1/events?limit=2&state=dead&text=lost+parcel',
      '/v1/events?limit=2&state=dead&text=lost+parcel&cursor=5-0',
      '/v1/events?limit=1&state=dead&text=lost+parcel&cursor=4-0',
    ]);
  });

  it('exits 1 when there is none', async () => {
    const { code, out } = await run(['events', 'find', '--json'], () => ({ status: 200, body: { items: [] } }));
    expect([code, JSON.parse(out)]).toEqual([EXIT.no, { items: [] }]);
  });
});

describe('events replay', () => {
  const made = { ref: '0-2-0', id: 'b', source: '/s', duplicate: false, replayOf: '0-1-0', edited: [] };
  const answer = { status: 202, body: made };

  it('sends the event again as it was, and says where it is', async () => {
    const { code, out, notes, seen } = await run(['events', 'replay', '0-1-0'], () => answer);
    expect([code, out]).toEqual([EXIT.ok, 'accepted  ref 0-2-0  id b  as it was']);
    expect(notes).toBe('what becomes of it: events show 0-2-0');
    const headers = { authorization: 'Bearer keeper' };
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/v1/events/0-1-0/replay', headers, body: '{}' });
  });

  it('sends what is to be otherwise, data byte for byte', async () => {
    const edited = { ...answer, body: { ...made, edited: ['type', 'data'] } };
    const args = ['events', 'replay', '0-1-0', '--data', '{"total": 1.50}', '--type', 'com.other', '--id', 'mine'];
    const { out, seen } = await run(args, () => edited);
    expect(seen[0]?.body).toBe('{"type":"com.other","id":"mine","data":{"total": 1.50}}');
    expect(out).toMatch(/otherwise: type, data$/);
    const whole = await run(['events', 'replay', '0-1-0', '--edit', '{"subject": null}'], () => edited);
    expect(whole.seen[0]?.body).toBe('{"subject": null}');
  });

  it('exits 3, sending nothing, for an edit that is said twice or is no JSON', async () => {
    for (const more of [
      ['--edit', '{}', '--data', '1'],
      ['--edit', '{'],
      ['--data', '@/nowhere'],
    ]) {
      const { code, seen } = await run(['events', 'replay', '0-1-0', ...more]);
      expect({ code, seen }).toEqual({ code: EXIT.unusable, seen: [] });
    }
  });
});
