import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type AccessRules, createRuleMaker } from '../../src/access/access.js';
import { parseKeys } from '../../src/access/parse-keys.js';
import { createTestApp, post, structured } from '../app-parts.js';

const digest = (key: string) => createHash('sha256').update(key).digest('hex');
const keysFile = (...entries: string[]) =>
  parseKeys(`keys:\n${entries.map((entry) => `  - ${entry}\n`).join('')}`, 'f');
const entry = (id: string, more = "types: ['*']") => `{ id: ${id}, sha256: '${digest(id)}', ${more} }`;

async function appWith(...entries: string[]) {
  const makeRules = createRuleMaker(undefined);
  const access: { rules: AccessRules } = { rules: makeRules(keysFile(...entries)) };
  const parts = await createTestApp({}, { access });
  return { ...parts, access, replace: (...next: string[]) => (access.rules = makeRules(keysFile(...next))) };
}

function as(key: string, request: ReturnType<typeof post>) {
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${key}` } };
}

const batchOf = (...types: string[]) => {
  const events = types.map((type, id) => ({ specversion: '1.0', id: `${id}`, source: '/s', type }));
  return post(JSON.stringify(events), { 'content-type': 'application/cloudevents-batch+json' });
};

describe('several keys', () => {
  it('each let their holder in, and nobody else', async () => {
    const { app, stream } = await appWith(entry('one'), entry('two'));
    for (const key of ['one', 'two']) expect((await app.inject(as(key, structured({ id: key })))).statusCode).toBe(202);
    for (const key of ['three', '', digest('one')])
      expect((await app.inject(as(key, structured()))).statusCode).toBe(401);
    expect((await app.inject(structured())).statusCode).toBe(401);
    expect(stream.events.map(({ id }) => id)).toEqual(['one', 'two']);
  });

  it('stand beside the key in the settings', async () => {
    const access = { rules: createRuleMaker('sesame')(keysFile(entry('one'))) };
    const { app } = await createTestApp({}, { access });
    for (const key of ['one', 'sesame']) expect((await app.inject(as(key, structured()))).statusCode).toBe(202);
  });

  it('are exchanged while requests come in: both during the change, the new one after it', async () => {
    const { app, replace } = await appWith(`{ id: a, sha256: '${digest('old')}', types: ['*'] }`);
    const statusOf = async (key: string) => (await app.inject(as(key, structured()))).statusCode;
    expect([await statusOf('old'), await statusOf('new')]).toEqual([202, 401]);
    replace(`{ id: a, sha256: ['${digest('old')}', '${digest('new')}'], types: ['*'] }`);
    expect([await statusOf('old'), await statusOf('new')]).toEqual([202, 202]);
    replace(`{ id: a, sha256: '${digest('new')}', types: ['*'] }`);
    expect([await statusOf('old'), await statusOf('new')]).toEqual([401, 202]);
  });
});

describe('the types of a key', () => {
  const types = 'types: [com.shop.order.created, com.cart.*]';

  it('are the only ones it may send: 403 for any other, counted by sender', async () => {
    const { app, stream, registry } = await appWith(entry('shop', types));
    const statusOf = async (type: string) => (await app.inject(as('shop', structured({ id: type, type })))).statusCode;
    for (const type of ['com.shop.order.created', 'com.cart.filled', 'com.cart.'])
      expect(await statusOf(type)).toBe(202);
    for (const type of ['com.shop.order.created2', 'com.shop.order', 'com.cart', 'org.com.cart.x']) {
      expect(await statusOf(type)).toBe(403);
    }
    expect(stream.events).toHaveLength(3);
    const counted = 'millrace_sender_refusals_total{sender="shop",code="TYPE_NOT_ALLOWED"} 4';
    expect(await registry.metrics()).toContain(counted);
  });

  it('refuse single events of a batch', async () => {
    const { app } = await appWith(entry('shop', types));
    const answer = await app.inject(as('shop', batchOf('com.cart.filled', 'other')));
    expect(answer.statusCode).toBe(207);
    expect(answer.json()).toMatchObject([{ status: 202 }, { status: 403, code: 'TYPE_NOT_ALLOWED' }]);
  });

  it('hide the records of other events, which look as if they had never been', async () => {
    const { app } = await appWith(entry('shop', types), entry('other', 'types: [t]'));
    const { ref } = (await app.inject(as('other', structured({ type: 't' })))).json();
    const get = (key: string, path: string) =>
      app.inject({ url: `/v1/events/${path}`, headers: { authorization: `Bearer ${key}` } });
    expect((await get('other', ref)).statusCode).toBe(200);
    const hidden = (await get('shop', ref)).json();
    expect(hidden).toMatchObject({ status: 404 });
    expect(hidden).toEqual((await get('shop', '0-999-0')).json());
    expect((await get('shop', `${ref}/stream`)).statusCode).toBe(404);
  });
});

describe('the rate of a key', () => {
  const slow = "types: ['*'], rate: { perSecond: 0.01, burst: 3 }";

  it('refuses what is beyond it with 429 and Retry-After, and leaves other keys alone', async () => {
    const { app, registry } = await appWith(entry('slow', slow), entry('other'));
    const statusesOf = async (key: string) => {
      const answers = [];
      for (let n = 0; n < 5; n += 1) answers.push((await app.inject(as(key, structured()))).statusCode);
      return answers;
    };
    expect(await statusesOf('slow')).toEqual([202, 202, 202, 429, 429]);
    expect(await statusesOf('other')).toEqual([202, 202, 202, 202, 202]);
    const refused = await app.inject(as('slow', structured()));
    expect(refused.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(90);
    expect(await registry.metrics()).toContain('millrace_sender_refusals_total{sender="slow",code="RATE_LIMITED"} 3');
  });

  it('counts every event of a batch', async () => {
    const { app } = await appWith(entry('slow', slow));
    const answer = await app.inject(as('slow', batchOf('a', 'b', 'c', 'd', 'e')));
    expect(answer.json().map(({ status }: { status: number }) => status)).toEqual([202, 202, 202, 429, 429]);
    const whole = await app.inject(as('slow', batchOf('a', 'b')));
    expect(whole.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
  });

  it('is not renewed by exchanging the key, but by another rate', async () => {
    const { app, replace } = await appWith(entry('slow', slow));
    const statusOf = async (key: string) => (await app.inject(as(key, structured()))).statusCode;
    for (let n = 0; n < 3; n += 1) await statusOf('slow');
    replace(`{ id: slow, sha256: '${digest('new')}', ${slow} }`);
    expect(await statusOf('new')).toBe(429);
    replace(entry('slow', "types: ['*'], rate: { perSecond: 1, burst: 1 }"));
    expect(await statusOf('slow')).toBe(202);
  });
});
