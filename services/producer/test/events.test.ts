import { describe, expect, it } from '@jest/globals';
import { StreamError } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import fc from 'fast-check';
import { createTestApp, post, structured } from './app-parts.js';

const BINARY = { 'ce-specversion': '1.0', 'ce-id': 'b', 'ce-source': '/s', 'ce-type': 't' };
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const event = (more: object = {}) => ({ specversion: '1.0', id: '1', source: '/s', type: 't', ...more });

describe('POST /v1/events', () => {
  it('accepts structured mode with 202, the ref and its location', async () => {
    const { app, stream } = await createTestApp();
    const answer = await app.inject(structured({ data: { n: 1 } }));
    expect(answer.statusCode).toBe(202);
    expect(answer.headers.location).toBe('/v1/events/0-1-0');
    expect(answer.json()).toEqual({ ref: '0-1-0', id: '1', source: '/s', duplicate: false });
    expect(stream.events[0]?.data?.bytes.toString()).toBe('{"n":1}');
  });

  it('accepts binary mode with any content type, and with none', async () => {
    const { app, stream } = await createTestApp();
    const body = Buffer.from([0, 1, 255]);
    expect((await app.inject(post(body, { ...BINARY, 'content-type': 'image/png' }))).statusCode).toBe(202);
    expect((await app.inject(post(body, { ...BINARY, 'ce-id': 'c' }))).statusCode).toBe(202);
    expect((await app.inject({ ...post('', { ...BINARY, 'ce-id': 'd' }) })).statusCode).toBe(202);
    expect(stream.events.map(({ data }) => data?.bytes)).toEqual([body, body, undefined]);
  });

  it('accepts plain JSON and returns what it filled in', async () => {
    const { app } = await createTestApp();
    const answer = await app.inject(post('{"type":"t","data":1}', { 'content-type': 'application/json' }));
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ source: '/millrace/http', duplicate: false });
    expect(answer.json().id).toMatch(/^[0-9a-f-]{36}$/);
    expect(Date.parse(answer.json().time)).not.toBeNaN();
  });

  it('answers a repeat with the first ref, and other content under the same identity with 409', async () => {
    const { app } = await createTestApp();
    await app.inject(structured({ data: 1 }));
    expect((await app.inject(structured({ data: 1, traceparent: 'x' }))).json()).toMatchObject({
      ref: '0-1-0',
      duplicate: true,
    });
    const conflict = await app.inject(structured({ data: 2 }));
    expect(conflict.json()).toMatchObject({ status: 409, code: 'EVENT_CONFLICT', ref: '0-1-0' });
  });

  it('takes no event that says itself how far it is to be trusted, in whatever mode', async () => {
    const { app, stream } = await createTestApp();
    const sent = [
      structured({ millracetrust: 'signed' }),
      post('{"type":"t","data":1,"millracetrust":"signed"}', { 'content-type': 'application/json' }),
      post('', { ...BINARY, 'ce-millracetrust': 'signed' }),
    ];
    for (const request of sent) {
      const refusal = { status: 400, code: 'EVENT_INVALID', errors: [{ pointer: '/millracetrust' }] };
      expect((await app.inject(request)).json()).toMatchObject(refusal);
    }
    expect(stream.events).toEqual([]);
  });

  it.each([
    ['malformed JSON', 400, 'EVENT_MALFORMED', '{"id":', 'application/cloudevents+json'],
    ['no body', 400, 'EVENT_MALFORMED', '', 'application/cloudevents+json'],
    ['a name that stands twice', 400, 'EVENT_MALFORMED', '{"id":"a","id":"b"}', 'application/cloudevents+json'],
    ['a name that reaches the prototype', 400, 'EVENT_MALFORMED', '{"\\u005f_proto__":{}}', 'application/json'],
    ['a depth bomb', 400, 'EVENT_TOO_DEEP', nested(100_000), 'application/json'],
    ['data too deep', 400, 'EVENT_TOO_DEEP', `{"type":"t","data":${nested(33)}}`, 'application/json'],
    ['missing attributes', 400, 'EVENT_INVALID', '{"specversion":"1.0"}', 'application/cloudevents+json'],
    ['an unknown media type', 415, 'MEDIA_TYPE_UNSUPPORTED', '<a/>', 'text/xml'],
    ['another CloudEvents format', 415, 'MEDIA_TYPE_UNSUPPORTED', 'x', 'application/cloudevents+avro'],
    ['another charset', 415, 'MEDIA_TYPE_UNSUPPORTED', '{}', 'application/json; charset=utf-16'],
    ['a content type with a tab in it', 415, 'MEDIA_TYPE_UNSUPPORTED', '{}', 'application/json\ta'],
    ['no content type', 415, 'MEDIA_TYPE_UNSUPPORTED', '{}', ''],
    ['a body over 256 KiB', 413, 'BODY_TOO_LARGE', 'x'.repeat(257 * 1024), 'application/cloudevents+json'],
    [
      'a batch over 4 MiB',
      413,
      'BODY_TOO_LARGE',
      'x'.repeat(4 * 1024 * 1024 + 1),
      'application/cloudevents-batch+json',
    ],
  ])('refuses %s with %i %s', async (_what, status, code, payload, type) => {
    const { app, stream, registry } = await createTestApp();
    const answer = await app.inject(post(payload, type === '' ? {} : { 'content-type': type }));
    expect(answer.json()).toMatchObject({ status, code, type: expect.stringContaining('/problems/') });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(stream.events).toEqual([]);
    expect(await registry.metrics()).toContain(`millrace_events_accepted_total{result="${code}"} 1`);
  });

  it('points at every missing attribute at once, in the body or in the headers', async () => {
    const { app } = await createTestApp();
    const body = await app.inject(
      post('{"specversion":"1.0","type":""}', { 'content-type': 'application/cloudevents+json' }),
    );
    expect(new Set(body.json().errors.map(({ pointer }: { pointer: string }) => pointer))).toEqual(
      new Set(['/id', '/source', '/type']),
    );
    const headers = await app.inject(
      post('x', { 'ce-specversion': '1.0', 'ce-type': 't', 'content-type': 'text/plain' }),
    );
    expect(new Set(headers.json().errors.map(({ header }: { header: string }) => header))).toEqual(
      new Set(['ce-id', 'ce-source']),
    );
  });

  it.each([
    ['a full backlog', 'STREAM_BACKLOG_FULL', async () => ({ kind: 'backlog-full', limit: 5 }) as const],
    ['a Redis that is nearly full', 'STREAM_MEMORY_HIGH', async () => ({ kind: 'memory-high' }) as const],
    ['Redis away', 'STREAM_UNAVAILABLE', () => Promise.reject(new StreamError('STREAM_UNAVAILABLE', 'gone'))],
    [
      'too many waiting appends',
      'STREAM_OVERLOADED',
      () => Promise.reject(new StreamError('STREAM_OVERLOADED', 'full')),
    ],
  ])('answers %s with 503 %s and Retry-After', async (_what, code, append) => {
    const { app, stream } = await createTestApp();
    stream.append = append;
    const answer = await app.inject(structured());
    expect(answer.json()).toMatchObject({ status: 503, code });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('any request at all', () => {
  it('is never answered with 500', async () => {
    const { app } = await createTestApp();
    const types = [
      'application/json',
      'application/cloudevents+json',
      'application/cloudevents-batch+json',
      'text/plain',
    ];
    const text = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('[{}]', '[[]]', '{"data":1,"type":0}'),
    );
    const value = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) });
    const headers = fc.dictionary(
      fc.constantFrom('ce-id', 'ce-type', 'ce-source', 'ce-x', 'prefer', 'content-type'),
      value,
    );
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom(...types), headers, async (body, type, more) => {
        const answer = await app.inject(post(body, { 'content-type': type, ...more }));
        expect(answer.statusCode).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
  });
});

describe('POST /v1/events with a batch', () => {
  const batch = (...events: unknown[]) =>
    post(JSON.stringify(events), { 'content-type': 'application/cloudevents-batch+json' });

  it('accepts all with 202, in order', async () => {
    const { app, stream } = await createTestApp();
    const answer = await app.inject(batch(event({ id: 'a' }), event({ id: 'b' }), event({ id: 'a' })));
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject([
      { status: 202, id: 'a', ref: '0-1-0', duplicate: false },
      { status: 202, id: 'b', ref: '0-2-0', duplicate: false },
      { status: 202, id: 'a', ref: '0-1-0', duplicate: true },
    ]);
    expect(stream.events).toHaveLength(2);
  });

  it('accepts, recognises and refuses each by itself, with 207', async () => {
    const { app, registry } = await createTestApp();
    const answer = await app.inject(batch(event(), event({ id: '' }), event(), event({ data: 'other' })));
    expect(answer.statusCode).toBe(207);
    expect(answer.json()).toMatchObject([
      { status: 202, duplicate: false },
      { status: 400, code: 'EVENT_INVALID', errors: [{ pointer: '/1/id' }] },
      { status: 202, duplicate: true },
      { status: 409, code: 'EVENT_CONFLICT', ref: '0-1-0' },
    ]);
    const metrics = await registry.metrics();
    for (const result of ['accepted', 'duplicate', 'EVENT_INVALID', 'EVENT_CONFLICT']) {
      expect(metrics).toContain(`millrace_events_accepted_total{result="${result}"} 1`);
    }
  });

  it('may be larger than a single event may be, also when its content type has parameters', async () => {
    const { app } = await createTestApp();
    const large = Array.from({ length: 10 }, (_, id) => event({ id: `${id}`, data: 'x'.repeat(200 * 1024) }));
    const headers = { 'content-type': 'application/cloudevents-batch+json; charset=UTF-8' };
    expect((await app.inject(post(JSON.stringify(large), headers))).statusCode).toBe(202);
    const tooLarge = await app.inject(
      batch(event({ id: 'small' }), event({ id: 'big', data: 'x'.repeat(257 * 1024) })),
    );
    expect(tooLarge.json()).toMatchObject([{ status: 202 }, { status: 413, code: 'EVENT_TOO_LARGE' }]);
  });

  it('answers with a problem when none was accepted, and says how each was refused', async () => {
    const { app, stream } = await createTestApp();
    const invalid = await app.inject(batch(event({ id: '' }), event({ type: '' })));
    expect(invalid.json()).toMatchObject({
      status: 400,
      code: 'EVENT_INVALID',
      results: [{ status: 400 }, { status: 400 }],
    });
    stream.append = () => Promise.reject(new StreamError('STREAM_UNAVAILABLE', 'gone'));
    const away = await app.inject(batch(event(), event({ id: '' })));
    expect(away.json()).toMatchObject({ status: 503, code: 'STREAM_UNAVAILABLE' });
    expect(away.headers['retry-after']).toBeDefined();
  });

  it('refuses what is no batch, and more than 1,000 events, as a whole', async () => {
    const { app, stream } = await createTestApp();
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    expect((await app.inject(post('{}', headers))).json()).toMatchObject({ status: 400, code: 'EVENT_MALFORMED' });
    const many = Array.from({ length: 1_001 }, (_, id) => event({ id: `${id}` }));
    expect((await app.inject(batch(...many))).json()).toMatchObject({ status: 413, code: 'EVENT_TOO_LARGE' });
    expect(stream.events).toEqual([]);
  });
});

describe('Prefer: wait', () => {
  const waiting = (wait: string) => ({ ...structured(), headers: { ...structured().headers, prefer: wait } });

  it('answers 200 with the record when the event is finished in time', async () => {
    const { app, stream } = await createTestApp();
    const answering = app.inject(waiting('respond-async, wait=30'));
    await waitUntil(() => stream.waiting() > 0, 'the request waits for a change');
    stream.change('0-1-0', { state: 'done', finishedAt: new Date(1) });
    const answer = await answering;
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({ 'preference-applied': 'wait=30', location: '/v1/events/0-1-0' });
    expect(answer.json()).toMatchObject({ ref: '0-1-0', state: 'done', event: { id: '1' } });
  });

  it('answers 202 when it is not, and never waits longer than 60 s', async () => {
    const { app, stream } = await createTestApp();
    expect((await app.inject(waiting('wait=0'))).statusCode).toBe(202);
    const answering = app.inject(waiting('wait=999999'));
    await waitUntil(() => stream.waiting() > 0, 'the request waits for a change');
    await app.close();
    const answer = await answering;
    expect(answer.statusCode).toBe(202);
    expect(answer.headers['preference-applied']).toBe('wait=60');
  });

  it('answers 202 at once when too many wait already', async () => {
    const { app, stream } = await createTestApp({ maxWaiters: 1 });
    const first = app.inject(waiting('wait=30'));
    await waitUntil(() => stream.waiting() > 0, 'the first request waits');
    const second = await app.inject(waiting('wait=30'));
    expect(second.statusCode).toBe(202);
    expect(second.headers['preference-applied']).toBeUndefined();
    stream.change('0-1-0', { state: 'dead' });
    expect((await first).statusCode).toBe(200);
  });

  it('ends the wait when the caller hangs up', async () => {
    const { app, stream } = await createTestApp();
    const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/v1/events`;
    const { payload, ...request } = waiting('wait=30');
    const hangUp = new AbortController();
    const answering = fetch(url, { ...request, body: String(payload), signal: hangUp.signal });
    await waitUntil(() => stream.waiting() > 0, 'the request waits for a change');
    hangUp.abort();
    await expect(answering).rejects.toThrow();
    await waitUntil(() => stream.waiting() === 0, 'nobody waits any more');
    await app.close();
  });

  it('answers 202 when the record cannot be read: the event is stored all the same', async () => {
    const { app, stream } = await createTestApp();
    stream.read = () => Promise.reject(new StreamError('STREAM_UNAVAILABLE', 'gone'));
    expect((await app.inject(waiting('wait=30'))).statusCode).toBe(202);
  });
});
