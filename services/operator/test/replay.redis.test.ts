import { hash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Event, trustOf, withTrust } from '@millrace/events';
import { createAppender, readRecord } from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { parseOperatorKeys } from '../src/access/operator-keys.js';
import { openTestOperator } from './open-test-operator.js';

const TYPE = 'com.shop.order.created';
const KEYS = `keys:
  - { name: night-shift, role: operator, sha256: "${hash('sha256', 'steers', 'hex')}" }
  - { name: wall-screen, role: viewer, sha256: "${hash('sha256', 'looks', 'hex')}" }
`;

let redis: RedisServer;
let operator: Awaited<ReturnType<typeof openTestOperator>>;
let folder: string;

beforeAll(async () => {
  redis = await startRedisServer();
  folder = await mkdtemp(join(tmpdir(), 'millrace-replay-'));
  await mkdir(join(folder, 'schemas'));
  await setSchema({ type: 'object', properties: { total: { type: 'number' } } });
  const named = parseOperatorKeys(KEYS);
  operator = await openTestOperator(redis.url, { configDir: folder, keys: 'keys' in named ? named.keys : [] });
});

afterAll(async () => {
  await operator.close();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

const setSchema = (schema: unknown) =>
  writeFile(join(folder, 'schemas', `${TYPE}.json`), typeof schema === 'string' ? schema : JSON.stringify(schema));

/** Appends an order of somebody who signs, and resolves with its ref. */
async function appendOrder(id: string, json = '{"total": 1.50}'): Promise<string> {
  const own = { id, source: '/shop', type: TYPE };
  const event: Event = {
    ...own,
    attributes: { specversion: '1.0', ...own, subject: 'o/1' },
    data: { kind: 'json', bytes: Buffer.from(json) },
  };
  const appender = createAppender(operator.stream, { maxBacklog: 1_000, deadlineMs: 60_000 });
  const result = await appender.append(withTrust(event, 'signed'));
  if (!('ref' in result)) throw new Error(`the order was ${result.kind}`);
  return result.ref;
}

function replay(ref: string, payload?: string, key = 'steers', type = 'application/json') {
  const headers = { authorization: `Bearer ${key}`, ...(payload === undefined ? {} : { 'content-type': type }) };
  const body = payload === undefined ? {} : { payload };
  return operator.app.inject({ method: 'POST', url: `/v1/events/${ref}/replay`, headers, ...body });
}

const get = async (url: string) =>
  (await operator.app.inject({ url, headers: { authorization: 'Bearer steers' } })).json();
const eventOf = async (ref: string) => (await readRecord(operator.stream, ref))?.event as Event;

describe('POST /v1/events/{ref}/replay', () => {
  it('sends an event again as it was, trusted as it was, and says in record and audit list what it is', async () => {
    const ref = await appendOrder('a');
    const answer = await replay(ref);
    expect([answer.statusCode, answer.headers.location]).toEqual([202, `/v1/events/${answer.json().ref}`]);
    const made = answer.json();
    expect(made).toMatchObject({ source: '/shop', duplicate: false, replayOf: ref, edited: [] });
    const event = await eventOf(made.ref);
    expect([event.id === 'a', trustOf(event), event.data?.bytes.toString()]).toEqual([
      false,
      'signed',
      '{"total": 1.50}',
    ]);
    expect(event.attributes).toMatchObject({ subject: 'o/1', causationid: 'a', millracereplayof: ref });
    expect(await get(`/v1/events/${made.ref}`)).toMatchObject({ causedBy: { ref, type: TYPE, replayed: true } });
    expect((await get('/v1/audit')).items[0]).toMatchObject({
      action: 'event.replay',
      target: ref,
      by: 'night-shift',
      note: `as ${made.ref}`,
    });
  });

  it('sends it edited, byte for byte, trusted as far as whoever edits it', async () => {
    const ref = await appendOrder('b');
    const made = (await replay(ref, '{"data":{"total": 2.50},"subject":null}')).json();
    expect(made.edited.toSorted()).toEqual(['data', 'subject']);
    const event = await eventOf(made.ref);
    expect([trustOf(event), event.data?.bytes.toString(), event.attributes.subject]).toEqual([
      'keyed',
      '{"total": 2.50}',
      undefined,
    ]);
    expect((await get('/v1/audit')).items[0]).toMatchObject({ action: 'event.replay-edited', target: ref });
  });

  it('is not made twice where an id was given and it is asked again', async () => {
    const ref = await appendOrder('c');
    const [one, two] = [(await replay(ref, '{"id":"c-again"}')).json(), (await replay(ref, '{"id":"c-again"}')).json()];
    expect([one.duplicate, two.duplicate, one.edited, two.ref]).toEqual([false, true, [], one.ref]);
    expect((await replay(ref, '{"id":"c-again","data":{}}')).json()).toMatchObject({
      status: 409,
      code: 'EVENT_CONFLICT',
      ref: one.ref,
    });
  });

  it('checks the data against the schema of the type that it has then, and sends nothing unchecked', async () => {
    const ref = await appendOrder('d');
    expect((await replay(ref, '{"data":{"total":"much"}}')).json()).toMatchObject({
      status: 422,
      code: 'EVENT_SCHEMA_MISMATCH',
      errors: [{ pointer: '/data/total' }],
    });
    expect((await replay(ref, '{"data":{"total":"much"},"type":"com.other"}')).statusCode).toBe(202);
    await setSchema({ type: 'object', required: ['currency'] });
    expect((await replay(ref)).json()).toMatchObject({ status: 422 });
    await setSchema('{');
    expect((await replay(ref)).json()).toMatchObject({ status: 409, code: 'SCHEMAS_NOT_READABLE' });
    await setSchema(true);
    expect((await replay(ref)).statusCode).toBe(202);
  });

  it('refuses, sending nothing, what is no edit, is too large, or has no event', async () => {
    const ref = await appendOrder('e');
    const before = await operator.stream.redis.xlen(operator.stream.keys.events);
    expect((await replay(ref, '{')).json()).toMatchObject({ status: 400, code: 'EVENT_MALFORMED' });
    expect((await replay(ref, '{"millracetrust":"signed","id":"x"}')).statusCode).toBe(202);
    expect((await replay(ref, '{"millracetrust":"keyed"}')).json()).toMatchObject({
      status: 400,
      code: 'EVENT_INVALID',
      errors: [{ pointer: '/millracetrust' }],
    });
    expect((await replay(ref, `{"data":"${'x'.repeat(5_000)}"}`)).statusCode).toBe(413);
    expect((await replay(ref, '{}', 'steers', 'text/plain')).statusCode).toBe(415);
    expect((await replay('0-1-0')).json()).toMatchObject({ status: 404, code: 'RECORD_NOT_FOUND' });
    expect((await replay(ref, undefined, 'looks')).json()).toMatchObject({ status: 403, code: 'ROLE_TOO_LOW' });
    expect(await operator.stream.redis.xlen(operator.stream.keys.events)).toBe(before + 1);
  });
});
