import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { trustOf } from '@millrace/events';
import { readRecord } from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { loadConfig } from '../src/config.js';
import { openTestOperator } from './open-test-operator.js';

let redis: RedisServer;
let operator: Awaited<ReturnType<typeof openTestOperator>>;

beforeAll(async () => {
  redis = await startRedisServer();
  const keys = `keys: [{ name: wall-screen, role: viewer, sha256: "${hash('sha256', 'looks', 'hex')}" }]`;
  operator = await openTestOperator(redis.url, {
    ...loadConfig({ MILLRACE_OPERATOR_KEYS: keys, MILLRACE_OPERATOR_KEY: 'steers', MILLRACE_CONFIG: 'config' }),
  });
});

afterAll(async () => {
  await operator.close();
  await redis.stop();
});

function send(payload: string, key = 'steers') {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return operator.app.inject({ method: 'POST', url: '/v1/events', headers, payload });
}

describe('POST /v1/events', () => {
  it('sends an event byte for byte, trusted as far as whoever sends it, on the record', async () => {
    const answer = await send('{"type":"com.test.happened","data":{"total": 1.50}}');
    const { ref } = answer.json();
    expect([answer.statusCode, answer.headers.location]).toEqual([202, `/v1/events/${ref}`]);
    const event = (await readRecord(operator.stream, ref))?.event;
    expect(event).toMatchObject({ source: '/millrace/operator', type: 'com.test.happened' });
    expect([event && trustOf(event), event?.data?.bytes.toString()]).toEqual(['keyed', '{"total": 1.50}']);
    const audit = await operator.app.inject({ url: '/v1/audit', headers: { authorization: 'Bearer steers' } });
    expect(audit.json().items).toMatchObject([{ action: 'event.send', target: ref, note: 'type com.test.happened' }]);
  });

  it('sends the same id once', async () => {
    const event = '{"type":"com.test.happened","id":"once","time":"2026-01-31T08:00:00Z","data":1}';
    expect((await send(event)).json()).toMatchObject({ id: 'once', duplicate: false });
    expect((await send(event)).json()).toMatchObject({ id: 'once', duplicate: true });
  });

  it('refuses what is no event, what its type does not allow, and who may only look', async () => {
    expect((await send('{')).json()).toMatchObject({ status: 400, code: 'EVENT_MALFORMED' });
    expect((await send('{"type":"a"}')).json()).toMatchObject({ status: 400, errors: [{ pointer: '/data' }] });
    expect((await send('{"type":"a","data":1,"millracetrust":"signed"}')).json()).toMatchObject({
      status: 400,
      errors: [{ pointer: '/millracetrust' }],
    });
    expect((await send('{"type":"com.shop.order.created","data":{"total":"much"}}')).json()).toMatchObject({
      status: 422,
      code: 'EVENT_SCHEMA_MISMATCH',
    });
    expect((await send('{"type":"a","data":1}', 'looks')).json()).toMatchObject({ status: 403, code: 'ROLE_TOO_LOW' });
  });
});
