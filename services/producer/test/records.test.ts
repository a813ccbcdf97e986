import { describe, expect, it } from '@jest/globals';
import { StreamError } from '@millrace/stream-client';
import { createTestApp, post } from './app-parts.js';

describe('GET /v1/events/{ref}', () => {
  it('returns the record with the data byte for byte', async () => {
    const { app } = await createTestApp();
    const sent = '{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"n": 1.50}}';
    await app.inject(post(sent, { 'content-type': 'application/cloudevents+json' }));
    const answer = await app.inject('/v1/events/0-1-0');
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('"data":{"n": 1.50}');
    expect(answer.json()).toMatchObject({ ref: '0-1-0', state: 'open', routes: [] });
  });

  it('answers 404 for a ref that never was, and for one that is nonsense', async () => {
    const { app } = await createTestApp();
    for (const ref of ['0-9-9', '%00', '..%2f..', 'x'.repeat(150)]) {
      expect((await app.inject(`/v1/events/${ref}`)).json()).toMatchObject({ status: 404, code: 'RECORD_NOT_FOUND' });
    }
  });

  it('answers 503 while Redis is away', async () => {
    const { app, stream } = await createTestApp();
    stream.read = () => Promise.reject(new StreamError('STREAM_UNAVAILABLE', 'gone'));
    const answer = await app.inject('/v1/events/0-1-0');
    expect(answer.json()).toMatchObject({ status: 503, code: 'STREAM_UNAVAILABLE' });
    expect(answer.headers['retry-after']).toBeDefined();
  });
});
