import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { announceConfiguration } from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { loadConfig } from '../src/config.js';
import { makeDeadLetter, openTestOperator } from './open-test-operator.js';

const digestOf = (key: string) => hash('sha256', key, 'hex');
const KEYS = `keys:
  - { name: night-shift, role: operator, sha256: "${digestOf('steers')}" }
  - { name: wall-screen, role: viewer, sha256: "${digestOf('looks')}" }
`;

let redis: RedisServer;
let operator: Awaited<ReturnType<typeof openTestOperator>>;

beforeAll(async () => {
  redis = await startRedisServer();
  const { keys } = loadConfig({ MILLRACE_OPERATOR_KEYS: KEYS });
  operator = await openTestOperator(redis.url, { key: 'the-one', keys });
});

afterAll(async () => {
  await operator.close();
  await redis.stop();
});

function ask(method: 'GET' | 'POST' | 'DELETE', url: string, key?: string) {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return operator.app.inject({ method, url, headers });
}

describe('keys with roles', () => {
  it('let nobody in without a key that is known', async () => {
    for (const key of [undefined, 'else', digestOf('looks')]) {
      expect((await ask('GET', '/v1/me', key)).json()).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    }
  });

  it('say whose they are', async () => {
    const whole = { role: 'operator', readOnly: false };
    expect((await ask('GET', '/v1/me', 'the-one')).json()).toEqual({ name: 'MILLRACE_OPERATOR_KEY', ...whole });
    expect((await ask('GET', '/v1/me', 'steers')).json()).toEqual({ name: 'night-shift', ...whole });
    expect((await ask('GET', '/v1/me', 'looks')).json()).toEqual({
      name: 'wall-screen',
      role: 'viewer',
      readOnly: true,
    });
  });

  it('let a viewer look and refuse every steering act, which changes nothing; an operator steers under its name', async () => {
    const id = await makeDeadLetter(operator.stream, 'a');
    expect((await ask('GET', '/v1/dead-letters', 'looks')).json().items).toHaveLength(1);
    const acts = [
      ['POST', `/v1/dead-letters/${id}/redrive`],
      ['DELETE', `/v1/dead-letters/${id}`],
      ['POST', `/v1/dead-letters/${id}/resolve`],
      ['POST', '/v1/dead-letters/redrives'],
      ['POST', '/v1/dead-letters/purges'],
      ['POST', '/v1/routes/r/pause'],
      ['POST', '/v1/approvals/a'],
      ['POST', '/v1/events/0-1-0/cancel'],
      ['DELETE', '/v1/contexts/c'],
    ] as const;
    for (const [method, url] of acts) {
      expect((await ask(method, url, 'looks')).json()).toMatchObject({ status: 403, code: 'ROLE_TOO_LOW' });
    }
    expect((await ask('GET', '/v1/dead-letters', 'looks')).json().items).toHaveLength(1);
    expect((await ask('POST', `/v1/dead-letters/${id}/redrive`, 'steers')).statusCode).toBe(202);
    const { items } = (await ask('GET', '/v1/audit', 'looks')).json();
    expect(items).toMatchObject([{ action: 'dead-letter.redrive', by: 'night-shift' }]);
  });

  it('say who has paused something', async () => {
    await announceConfiguration(operator.stream, { version: '1', routes: ['r'], servers: [] });
    expect((await ask('POST', '/v1/routes/r/pause', 'steers')).statusCode).toBe(200);
    const { items } = (await ask('GET', '/v1/pauses', 'looks')).json();
    expect(items).toMatchObject([{ kind: 'route', name: 'r', by: 'night-shift' }]);
  });
});

describe('MILLRACE_OPERATOR_KEYS', () => {
  it('opens the operator to others as the one key does', () => {
    expect(loadConfig({ MILLRACE_HOST: '0.0.0.0', MILLRACE_OPERATOR_KEYS: KEYS }).keys).toHaveLength(2);
  });

  it.each([
    ['keys: []', /lets nobody in/],
    ['keys: [{ name: a, role: king, sha256: "x" }]', /viewer or operator.*not the key itself/s],
    [`${KEYS}  - { name: wall-screen, role: viewer, sha256: "${digestOf('other')}" }`, /wall-screen is there twice/],
    [`${KEYS}  - { name: other, role: viewer, sha256: "${digestOf('looks')}" }`, /other has the key of somebody above/],
  ])('is refused as %s, and the key is not in what is said', (text, problem) => {
    expect(() => loadConfig({ MILLRACE_OPERATOR_KEYS: text })).toThrow(problem);
  });
});
