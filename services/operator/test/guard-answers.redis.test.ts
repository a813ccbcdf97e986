import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { append, openTestOperator } from './open-test-operator.js';

let redis: RedisServer;
let operator: Awaited<ReturnType<typeof openTestOperator>>;

beforeAll(async () => {
  redis = await startRedisServer();
  operator = await openTestOperator(redis.url, { key: 'secret' });
});

afterAll(async () => {
  await operator.close();
  await redis.stop();
});

const headersOf = async (url: string, key = 'secret') => {
  const { statusCode, headers } = await operator.app.inject({ url, headers: { authorization: `Bearer ${key}` } });
  return { status: statusCode, ...headers };
};

const GUARDED = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

describe('answers', () => {
  it('that are JSON load nothing, are kept by no cache, and are taken for nothing else', async () => {
    const ref = await append(operator.stream, 'a');
    for (const path of [`/v1/events/${ref}`, '/v1/events', '/v1/audit', '/v1/me'])
      expect(await headersOf(path)).toMatchObject({ status: 200, 'cache-control': 'no-store', ...GUARDED });
  });

  it('that refuse are guarded as well', async () => {
    expect(await headersOf('/v1/events/0-1-0')).toMatchObject({ status: 404, 'cache-control': 'no-store', ...GUARDED });
    expect(await headersOf('/v1/me', 'else')).toMatchObject({ status: 401, 'cache-control': 'no-store', ...GUARDED });
    expect(await headersOf('/nowhere')).toMatchObject({ status: 404, ...GUARDED });
    expect(await headersOf('/openapi.json')).toMatchObject({ status: 200, ...GUARDED });
  });

  it('that are pages keep the policy of their own', async () => {
    const page = await headersOf('/docs/');
    expect(page).toMatchObject({ status: 200, 'x-content-type-options': 'nosniff' });
    expect(String(Reflect.get(page, 'content-security-policy'))).toContain("'self'");
  });
});
