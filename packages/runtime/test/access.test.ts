import { describe, expect, it } from '@jest/globals';
import { addProblemHandlers, findOpenDoor, isLoopback, requireKey } from '@millrace/runtime';
import { fastify } from 'fastify';

describe('requireKey', () => {
  it('lets the key in and answers everything else with 401', async () => {
    const app = fastify();
    addProblemHandlers(app, { problemFor: () => undefined });
    app.addHook('onRequest', requireKey('sesame'));
    app.get('/', async () => 'in');
    const statusFor = async (authorization: string) =>
      (await app.inject({ url: '/', headers: { authorization } })).statusCode;
    for (const accepted of ['Bearer sesame', 'bearer  sesame ']) expect(await statusFor(accepted)).toBe(200);
    for (const refused of [
      '',
      'sesame',
      'Basic sesame',
      'Bearer',
      'Bearer sesam',
      'Bearer sesame2',
      'Bearer sesame x',
    ]) {
      expect(await statusFor(refused)).toBe(401);
    }
    const answer = await app.inject('/');
    expect(answer.json()).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="millrace"');
  });
});

describe('findOpenDoor', () => {
  const open = { host: '0.0.0.0', key: undefined, allowAnonymous: false };

  it('names the variable that is missing where others can come in without a key', () => {
    expect(findOpenDoor(open, 'THE_KEY')).toMatch(/^THE_KEY: required when listening on 0\.0\.0\.0/);
  });

  it('finds nothing wrong on loopback, with a key, or when everybody is meant', () => {
    const closed = [
      { ...open, host: '127.0.0.1' },
      { ...open, key: 'sesame' },
      { ...open, allowAnonymous: true },
    ];
    for (const access of closed) expect(findOpenDoor(access, 'THE_KEY')).toBeUndefined();
  });
});

describe('isLoopback', () => {
  it.each(['localhost', '127.0.0.1', '127.9.9.9', '::1'])('is true of %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.evil.example', 'localhost.evil.example', ''])(
    'is false of "%s"',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
