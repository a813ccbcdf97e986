import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { PlatformError } from '@millrace/core';
import { addProblemHandlers, ProblemError, problemServerOptions } from '@millrace/runtime';
import { fastify } from 'fastify';

function buildApp() {
  const counted: string[] = [];
  const app = fastify({ ...problemServerOptions, bodyLimit: 100 });
  addProblemHandlers(app, {
    problemFor: ({ code, message }) =>
      code === 'STREAM_UNAVAILABLE' ? { status: 503, code, detail: message, retryAfterSeconds: 2 } : undefined,
    onProblem: (_request, { code }) => counted.push(code),
  });
  app.get('/things/:id', async (request) => {
    switch ((request.params as { id: string }).id) {
      case 'away':
        throw new PlatformError('STREAM_UNAVAILABLE', 'Redis is away');
      case 'mine':
        throw new ProblemError({ status: 409, code: 'TAKEN', detail: 'taken', members: { ref: 'r' } });
      default:
        throw new TypeError('secret inner workings');
    }
  });
  app.post('/things', async () => 'ok');
  app.delete('/things', async () => 'ok');
  return { app, counted };
}

describe('addProblemHandlers', () => {
  it('answers one of our errors as the service maps it, with Retry-After', async () => {
    const { app, counted } = buildApp();
    const answer = await app.inject('/things/away');
    expect(answer.statusCode).toBe(503);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'retry-after': '2',
    });
    expect(answer.json()).toEqual({
      type: 'https://millrace.dev/problems/stream-unavailable',
      title: 'Stream unavailable',
      status: 503,
      detail: 'Redis is away',
      code: 'STREAM_UNAVAILABLE',
    });
    expect(counted).toEqual(['STREAM_UNAVAILABLE']);
  });

  it('answers a thrown problem with its further members', async () => {
    const answer = await buildApp().app.inject('/things/mine');
    expect(answer.json()).toMatchObject({ status: 409, code: 'TAKEN', ref: 'r' });
  });

  it('answers a bug with 500 and tells nothing about it', async () => {
    const answer = await buildApp().app.inject('/things/bug');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret');
  });

  it('answers an unknown path with 404, and a known one with another method with 405 and Allow', async () => {
    const { app } = buildApp();
    expect((await app.inject('/nowhere')).json()).toMatchObject({ status: 404, code: 'PATH_UNKNOWN' });
    const answer = await app.inject({ method: 'PUT', url: '/things?x=1' });
    expect(answer.json()).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(answer.headers.allow).toBe('POST, DELETE');
  });

  it('answers what Fastify refuses: a body too large, a content type it cannot read, broken JSON, a broken path', async () => {
    const { app } = buildApp();
    const post = async (type: string, payload: string) => {
      const headers = { 'content-type': type };
      return (await app.inject({ method: 'POST', url: '/things', headers, payload })).json();
    };
    expect(await post('text/plain', 'x'.repeat(101))).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' });
    expect(await post('nonsense', 'x')).toMatchObject({ status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' });
    expect(await post('application/json', '{')).toMatchObject({ status: 400, code: 'REQUEST_MALFORMED' });
    expect((await app.inject('/things/%zz')).json()).toMatchObject({ status: 400, code: 'REQUEST_MALFORMED' });
  });
});

describe('problemServerOptions', () => {
  it.each([
    ['an unknown version', 400, 'HTTP_MALFORMED', 'GET / HTTP/9.9\r\n\r\n'],
    [
      'two lengths',
      400,
      'HTTP_MALFORMED',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['20 KB of headers', 431, 'HEADERS_TOO_LARGE', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`],
  ])('answers HTTP with %s with %i %s and ends the connection', async (_what, status, code, request) => {
    const { app } = buildApp();
    await app.listen({ port: 0, host: '127.0.0.1' });
    try {
      const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(request);
      const answer = await text(socket);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ status, code });
    } finally {
      await app.close();
    }
  });
});
