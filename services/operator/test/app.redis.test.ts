import { describe, expect, it } from '@jest/globals';
import { publishServers } from '@millrace/stream-client';
import { append, makeDeadLetter, makeUndecodableDeadLetter, openTestOperator, ROUTE } from './open-test-operator.js';
import { operator, redis, setStage } from './stage.js';

setStage();

const get = (url: string) => operator.app.inject(url);
const redrive = (id: string) => operator.app.inject({ method: 'POST', url: `/v1/dead-letters/${id}/redrive` });
const json = { 'content-type': 'application/json' };
const discard = (id: string) => operator.app.inject({ method: 'DELETE', url: `/v1/dead-letters/${id}`, headers: json });
const refIn = (id: string) => id.slice(0, id.indexOf('.'));

describe('GET /v1/events/{ref}', () => {
  it('shows the record of an event with its data byte for byte', async () => {
    const ref = await append(operator.stream, 'a', '{"n": 1.50}');
    const answer = await get(`/v1/events/${ref}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.body).toContain('"data":{"n": 1.50}');
    expect(answer.json()).toMatchObject({ ref, event: { id: 'a' }, state: 'open', routes: [] });
  });

  it('answers 404 for a ref that never was, and for one that is nonsense', async () => {
    for (const ref of ['0-9-9', 'nonsense', '%00', 'x'.repeat(150)]) {
      expect((await get(`/v1/events/${ref}`)).json()).toMatchObject({ status: 404, code: 'RECORD_NOT_FOUND' });
    }
  });
});

describe('GET /v1/dead-letters', () => {
  it('lists dead letters with the reason, the attempts, the last error and the size of the data, not the data', async () => {
    const id = await makeDeadLetter(operator.stream, 'a');
    const answer = await get('/v1/dead-letters');
    expect(answer.json()).toEqual({
      items: [
        {
          id,
          ref: refIn(id),
          route: ROUTE,
          version: 'v1',
          state: 'dead',
          reason: 'attempts-exhausted',
          attempts: 3,
          starts: 1,
          deadAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          error: { code: 'TOOL_TIMEOUT', message: 'no answer within 10000 ms' },
          effects: [{ server: 'aws', tool: 'risk.score' }],
          followUps: [],
          event: { specversion: '1.0', id: 'a', source: '/test', type: 'com.test.happened' },
          dataBytes: 11,
        },
      ],
    });
  });

  it('lists them in pages, the latest first, each one time', async () => {
    const ids: string[] = [];
    for (const eventId of ['a', 'b', 'c']) ids.push(await makeDeadLetter(operator.stream, eventId));
    const first = (await get('/v1/dead-letters?limit=2')).json();
    const second = (await get(`/v1/dead-letters?limit=2&cursor=${first.next}`)).json();
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids.reverse());
    expect(second).not.toHaveProperty('next');
  });

  it.each(['0', '201', '-1', '1.5', 'many', ''])('refuses the limit "%s"', async (limit) => {
    const answer = await get(`/v1/dead-letters?limit=${limit}`);
    expect(answer.json()).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
      detail: expect.stringContaining('limit'),
    });
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  });

  it('refuses a cursor that is none', async () => {
    expect((await get('/v1/dead-letters?cursor=nonsense')).json()).toMatchObject({
      status: 400,
      code: 'CURSOR_INVALID',
    });
    expect((await get('/v1/dead-letters?cursor=')).json()).toMatchObject({ status: 400 });
  });
});

describe('GET /v1/dead-letters/{id}', () => {
  it('shows a dead letter with its original event, the data byte for byte', async () => {
    const id = await makeDeadLetter(operator.stream, 'a', '{"n": 1.50, "é":"\\u00e9"}');
    const answer = await get(`/v1/dead-letters/${id}`);
    expect(answer.body).toContain('"data":{"n": 1.50, "é":"\\u00e9"}');
    expect(answer.json()).toMatchObject({
      id,
      ref: refIn(id),
      route: ROUTE,
      reason: 'attempts-exhausted',
      event: { id: 'a' },
    });
  });

  it('answers 404 for an id that never was, and for one that is nonsense', async () => {
    for (const id of ['0-9-9.other', 'nonsense', '%2e', 'x'.repeat(150)]) {
      expect((await get(`/v1/dead-letters/${id}`)).json()).toMatchObject({
        status: 404,
        code: 'DEAD_LETTER_NOT_FOUND',
      });
    }
  });
});

describe('POST /v1/dead-letters/{id}/redrive', () => {
  it('sends a dead letter round again, once: its record is open again', async () => {
    const id = await makeDeadLetter(operator.stream, 'a');
    const ref = refIn(id);
    expect((await get(`/v1/events/${ref}`)).json()).toMatchObject({ state: 'dead' });
    const answer = await redrive(id);
    expect(answer.statusCode).toBe(202);
    expect(answer.headers.location).toBe(`/v1/events/${ref}`);
    expect(answer.json()).toEqual({ ref, id, state: 'redriven' });
    expect((await get(`/v1/events/${ref}`)).json()).toMatchObject({
      state: 'open',
      routes: [{ id: ROUTE, state: 'waiting' }],
    });
    expect((await redrive(id)).json()).toMatchObject({ status: 404, code: 'DEAD_LETTER_NOT_FOUND' });
    expect((await get('/v1/dead-letters')).json()).toEqual({ items: [] });
  });

  it('tells one of two callers who come at once that it is gone', async () => {
    const id = await makeDeadLetter(operator.stream, 'a');
    const answers = await Promise.all([redrive(id), redrive(id)]);
    expect(answers.map(({ statusCode }) => statusCode).sort((a, b) => a - b)).toEqual([202, 404]);
  });

  it('refuses a dead letter whose entry could not be decoded, which can still be seen and given up', async () => {
    const id = await makeUndecodableDeadLetter(operator.stream);
    expect((await redrive(id)).json()).toMatchObject({ status: 409, code: 'DEAD_LETTER_NOT_REDRIVABLE' });
    expect((await get(`/v1/dead-letters/${id}`)).json()).toMatchObject({ id, route: '-', event: null });
    expect((await get('/v1/dead-letters')).json()).toMatchObject({ items: [{ id, event: null, dataBytes: 0 }] });
    expect((await discard(id)).statusCode).toBe(204);
  });

  it.each(['', '{', '{}'])('takes a request whatever its body: "%s"', async (payload) => {
    const id = await makeDeadLetter(operator.stream, 'a');
    const url = `/v1/dead-letters/${id}/redrive`;
    expect((await operator.app.inject({ method: 'POST', url, headers: json, payload })).statusCode).toBe(202);
  });
});

describe('DELETE /v1/dead-letters/{id}', () => {
  it('gives a dead letter up, once: its record stays dead', async () => {
    const id = await makeDeadLetter(operator.stream, 'a');
    const answer = await discard(id);
    expect(answer.statusCode).toBe(204);
    expect(answer.body).toBe('');
    expect((await discard(id)).json()).toMatchObject({ status: 404, code: 'DEAD_LETTER_NOT_FOUND' });
    expect((await get(`/v1/events/${refIn(id)}`)).json()).toMatchObject({ state: 'dead' });
  });
});

describe('GET /v1/consumers', () => {
  it('lists the consumers of the group with what they hold and how long they were idle', async () => {
    await makeDeadLetter(operator.stream, 'a');
    expect((await get('/v1/consumers')).json()).toEqual({
      items: [{ name: 'me', pending: 0, idleMs: expect.any(Number) }],
    });
  });
});

describe('GET /v1/servers', () => {
  it('lists each server as the consumers that are alive see it, and forgets what the dead have said', async () => {
    const { stream } = operator;
    expect((await get('/v1/servers')).json()).toEqual({ items: [] });
    await makeDeadLetter(stream, 'a');
    await publishServers(stream, 'me', [
      { name: 'gcp', breaker: 'closed', calls: 3 },
      { name: 'aws', breaker: 'open', calls: 0 },
    ]);
    await publishServers(stream, 'forgotten', [{ name: 'old', breaker: 'open', calls: 1 }]);
    const quiet = { calls: 0, failed: 0, failedShare: null, p50Ms: null, p95Ms: null, p99Ms: null };
    const rest = { lastMinute: quiet, tools: [] };
    expect((await get('/v1/servers')).json()).toEqual({
      items: [
        { name: 'aws', breaker: 'open', calls: 0, ...rest, consumers: [{ consumer: 'me', breaker: 'open', calls: 0 }] },
        {
          name: 'gcp',
          breaker: 'closed',
          calls: 3,
          ...rest,
          consumers: [{ consumer: 'me', breaker: 'closed', calls: 3 }],
        },
      ],
    });
  });
});

describe('createApp', () => {
  it('answers unknown paths with 404 and other methods with 405 and Allow, as problems', async () => {
    expect((await get('/v1/nothing')).json()).toMatchObject({ status: 404, code: 'PATH_UNKNOWN' });
    const answer = await operator.app.inject({ method: 'PUT', url: '/v1/dead-letters/0-1-0.x' });
    expect(answer.json()).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(answer.headers.allow).toBe('GET, HEAD, DELETE');
  });

  it('answers 503 with Retry-After while Redis is frozen, and goes on when it is not', async () => {
    const id = await makeDeadLetter(operator.stream, 'a');
    redis.freeze();
    const urls = [`/v1/events/${refIn(id)}`, '/v1/dead-letters', `/v1/dead-letters/${id}`, '/v1/consumers'];
    try {
      const answers = await Promise.all([...urls.map(get), redrive(id), discard(id)]);
      for (const answer of answers) {
        expect(answer.json()).toMatchObject({ status: 503, code: 'STREAM_UNAVAILABLE' });
        expect(answer.headers).toMatchObject({
          'content-type': 'application/problem+json; charset=utf-8',
          'retry-after': '2',
        });
      }
    } finally {
      redis.thaw();
    }
    for (const url of urls) expect((await get(url)).statusCode).toBe(200);
  });

  it('is ready only while nothing speaks against it', async () => {
    expect((await get('/readyz')).statusCode).toBe(200);
    operator.problems.push('Redis is not connected');
    expect((await get('/readyz')).json()).toMatchObject({ problems: ['Redis is not connected'] });
    expect((await get('/livez')).statusCode).toBe(200);
    operator.problems.pop();
  });

  it('asks for the key everywhere under /v1 and nowhere else', async () => {
    const { app, close } = await openTestOperator(redis.url, { key: 'sesame' });
    const urls = ['/v1/events/0-1-0', '/v1/dead-letters', '/v1/dead-letters/0-1-0.x', '/v1/consumers'];
    for (const url of urls) {
      expect((await app.inject(url)).json()).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
      const headers = { authorization: 'Bearer sesame' };
      expect((await app.inject({ url, headers })).statusCode).not.toBe(401);
    }
    for (const url of ['/livez', '/readyz', '/metrics']) expect((await app.inject(url)).statusCode).toBe(200);
    await close();
  });

  it.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { host: 'evil.example' },
    { origin: 'http://evil.example', host: 'evil.example' },
  ])('refuses the pages of other origins while no key is asked for: %p', async (headers) => {
    const id = await makeDeadLetter(operator.stream, 'a');
    const url = `/v1/dead-letters/${id}/redrive`;
    const answer = await operator.app.inject({ method: 'POST', url, headers });
    expect(answer.json()).toMatchObject({ status: 403, code: 'ORIGIN_FOREIGN' });
    expect((await get(`/v1/dead-letters/${id}`)).statusCode).toBe(200);
  });

  it('serves pages of its own origin, by every name of this machine', async () => {
    for (const host of ['localhost:8090', '127.0.0.1:8090', '[::1]:8090']) {
      const headers = { host, origin: `http://${host}` };
      expect((await operator.app.inject({ url: '/v1/consumers', headers })).statusCode).toBe(200);
    }
  });
});
