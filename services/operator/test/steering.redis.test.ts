import { describe, expect, it } from '@jest/globals';
import { createSettler, type Entry, openBlockingSource } from '@millrace/stream-client';
import { append, giveUpNext, makeDeadLetter, ROUTE } from './open-test-operator.js';
import { operator, setStage } from './stage.js';

setStage();

const get = (url: string) => operator.app.inject(url);
const post = (url: string, payload?: object) =>
  operator.app.inject({ method: 'POST', url, ...(payload === undefined ? {} : { payload }) });
const refIn = (id: string) => id.slice(0, id.indexOf('.'));

describe('GET /v1/dead-letters with a filter', () => {
  it('lists those that meet every condition', async () => {
    const id = await makeDeadLetter(operator.stream, 'a');
    for (const query of ['route=score.order', 'reason=attempts-exhausted&code=TOOL_TIMEOUT', 'text=10000%20MS']) {
      expect((await get(`/v1/dead-letters?${query}`)).json()).toMatchObject({ items: [{ id }] });
    }
    for (const query of ['route=score', 'type=com.other', 'until=2020-01-01T00:00:00Z', 'since=2099-01-01T00:00:00Z']) {
      expect((await get(`/v1/dead-letters?${query}`)).json()).toEqual({ items: [] });
    }
  });

  it.each(['reson=x', 'route=', 'since=yesterday', 'until=2026-12-31T23:59:60Z', 'route=a&route=b'])(
    'refuses "%s" instead of passing it over',
    async (query) => {
      const answer = await get(`/v1/dead-letters?${query}`);
      expect(answer.json()).toMatchObject({
        status: 400,
        code: 'REQUEST_INVALID',
        errors: [{ pointer: expect.stringMatching(/^\/(reson|route|since|until)$/) }],
      });
    },
  );
});

describe('GET /v1/dead-letters/causes', () => {
  it('counts those that a filter accepts by route, reason and code, the most frequent first, with the latest of each', async () => {
    const { stream } = operator;
    await append(stream, 'other');
    const other = await giveUpNext(stream, 'bill');
    await makeDeadLetter(stream, 'a');
    const latest = await makeDeadLetter(stream, 'b');
    const reason = 'attempts-exhausted';
    const message = 'no answer within 10000 ms';
    expect((await get('/v1/dead-letters/causes')).json()).toMatchObject({
      items: [
        { route: ROUTE, reason, code: 'TOOL_TIMEOUT', count: 2, latest: { id: latest, error: { message } } },
        { route: 'bill', reason, code: 'TOOL_TIMEOUT', count: 1, latest: { id: other } },
      ],
      matched: 3,
      scanned: 3,
      complete: true,
    });
    expect((await get('/v1/dead-letters/causes?route=bill')).json().items).toMatchObject([{ route: 'bill', count: 1 }]);
    expect((await get('/v1/dead-letters/causes?reson=x')).json()).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
    });
  });
});

describe('POST /v1/dead-letters/{id}/resolve', () => {
  it('declares a dead delivery done, once, with the result that a person gives', async () => {
    const id = await makeDeadLetter(operator.stream, 'a');
    const url = `/v1/dead-letters/${id}/resolve`;
    expect((await post(url, { result: { by: 'hand' }, note: 'seen in the books' })).json()).toEqual({
      ref: refIn(id),
      id,
      state: 'done',
      resolvedFrom: 'attempts-exhausted',
    });
    expect((await get(`/v1/events/${refIn(id)}`)).json()).toMatchObject({
      state: 'done',
      routes: [{ id: ROUTE, state: 'done', resolvedFrom: 'attempts-exhausted', result: { by: 'hand' } }],
    });
    expect((await get(`/v1/events/${refIn(id)}`)).json().routes).toMatchObject([{ note: 'seen in the books' }]);
    expect((await get('/v1/audit')).json().items).toMatchObject([{ target: id, note: 'seen in the books' }]);
    expect((await post(url)).json()).toMatchObject({ status: 404, code: 'DEAD_LETTER_NOT_FOUND' });
  });

  it('needs no body', async () => {
    const id = await makeDeadLetter(operator.stream, 'a');
    const headers = { 'content-type': 'application/json' };
    const url = `/v1/dead-letters/${id}/resolve`;
    expect((await operator.app.inject({ method: 'POST', url, headers })).statusCode).toBe(200);
  });

  it('refuses bodies that are not JSON, say more than it knows, or are too large', async () => {
    const id = await makeDeadLetter(operator.stream, 'a');
    const url = `/v1/dead-letters/${id}/resolve`;
    const send = (payload: string, type = 'application/json') =>
      operator.app.inject({ method: 'POST', url, payload, headers: { 'content-type': type } });
    expect((await send('{')).json()).toMatchObject({ status: 400, code: 'BODY_NOT_JSON' });
    expect((await send('{"reslt":1}')).json()).toMatchObject({ status: 400, errors: [{ pointer: '/reslt' }] });
    expect((await send('{"note":""}')).json()).toMatchObject({ status: 400, errors: [{ pointer: '/note' }] });
    expect((await send('[]')).json()).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    expect((await send('x', 'text/plain')).json()).toMatchObject({ status: 415 });
    expect((await send(JSON.stringify({ result: 'x'.repeat(70_000) }))).json()).toMatchObject({ status: 413 });
    expect((await get(`/v1/dead-letters/${id}`)).statusCode).toBe(200);
  });
});

describe('POST /v1/events/{ref}/cancel', () => {
  it('ends deliveries that wait for a retry, and names those that it had to leave', async () => {
    const { stream } = operator;
    const ref = await append(stream, 'a');
    const source = await openBlockingSource(stream, 'me', 50);
    const [entry] = (await source.read(1)) as Entry[];
    await source.close();
    if (entry === undefined) throw new Error('there is nothing to read');
    const detail = { version: 'v1', effects: [] };
    const outcomes = [{ route: 'one', state: 'retrying', attempt: 1, detail, delayMs: 60_000 }] as const;
    await createSettler(stream, 'me').settle({ entry, routes: ['one', 'two'], outcomes });
    const url = `/v1/events/${ref}/cancel`;
    const left = [{ route: 'two', state: 'waiting' }];
    expect((await post(url)).json()).toEqual({ ref, cancelled: ['one'], left });
    expect((await post(url)).json()).toEqual({ ref, cancelled: [], left });
    expect((await get(`/v1/events/${ref}`)).json()).toMatchObject({
      routes: [{ id: 'one', state: 'dead', reason: 'cancelled' }, { id: 'two' }],
    });
    expect((await get('/v1/audit')).json().items).toMatchObject([{ action: 'event.cancel', target: ref, count: 1 }]);
  });

  it('ends the one delivery that was named, and leaves the others', async () => {
    const { stream } = operator;
    const ref = await append(stream, 'a');
    const source = await openBlockingSource(stream, 'me', 50);
    const [entry] = (await source.read(1)) as Entry[];
    await source.close();
    if (entry === undefined) throw new Error('there is nothing to read');
    const waiting = { state: 'retrying', attempt: 1, detail: { version: 'v1', effects: [] }, delayMs: 60_000 } as const;
    const outcomes = ['one', 'two'].map((route) => ({ ...waiting, route }));
    await createSettler(stream, 'me').settle({ entry, routes: ['one', 'two'], outcomes });
    const url = `/v1/events/${ref}/cancel`;
    expect((await post(`${url}?route=two`)).json()).toEqual({ ref, cancelled: ['two'], left: [] });
    const { routes } = (await get(`/v1/events/${ref}`)).json();
    expect(routes).toContainEqual(expect.objectContaining({ id: 'one', state: 'retrying' }));
    expect(routes).toContainEqual(expect.objectContaining({ id: 'two', state: 'dead', reason: 'cancelled' }));
    expect((await get('/v1/audit')).json().items).toMatchObject([{ action: 'event.cancel', target: `${ref}.two` }]);
    expect((await post(`${url}?route=three`)).json()).toMatchObject({ status: 404, code: 'DELIVERY_NOT_FOUND' });
    expect((await post(`${url}?rout=two`)).json()).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
  });

  it('answers 404 for an event that never was', async () => {
    for (const ref of ['0-9-9', 'nonsense']) {
      expect((await post(`/v1/events/${ref}/cancel`)).json()).toMatchObject({ status: 404, code: 'RECORD_NOT_FOUND' });
    }
  });
});

describe('GET /v1/audit', () => {
  it('lists every steering act with its target, its count, who asked and when, the latest first', async () => {
    const ids: string[] = [];
    for (const eventId of ['a', 'b', 'c']) ids.push(await makeDeadLetter(operator.stream, eventId));
    const [redriven, discarded, resolved] = ids;
    await post(`/v1/dead-letters/${redriven}/redrive`);
    await operator.app.inject({ method: 'DELETE', url: `/v1/dead-letters/${discarded}` });
    await post(`/v1/dead-letters/${resolved}/resolve`);
    await post(`/v1/dead-letters/${resolved}/resolve`);
    const first = (await get('/v1/audit?limit=2')).json();
    const second = (await get(`/v1/audit?limit=2&cursor=${first.next}`)).json();
    expect(second).not.toHaveProperty('next');
    const about = {
      count: 1,
      from: '127.0.0.1',
      by: 'anybody',
      at: expect.stringMatching(/Z$/),
      id: expect.any(String),
    };
    expect([...first.items, ...second.items]).toEqual([
      { ...about, action: 'dead-letter.resolve', target: resolved },
      { ...about, action: 'dead-letter.discard', target: discarded },
      { ...about, action: 'dead-letter.redrive', target: redriven },
    ]);
  });

  it('refuses a cursor that is none', async () => {
    expect((await get('/v1/audit?cursor=nonsense')).json()).toMatchObject({ status: 400, code: 'CURSOR_INVALID' });
  });
});
