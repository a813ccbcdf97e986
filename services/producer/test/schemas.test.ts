import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadEventSchemas } from '@millrace/config-files';
import { createTestApp, post } from './app-parts.js';

const loaded = await loadEventSchemas(join(import.meta.dirname, '../../../config/schemas'));
const schemas = () => loaded;
const TYPE = 'com.shop.order.created';
const good = { orderId: '1001', total: 199.5 };
const bad = { orderId: '1001', total: '199.5' };
const attributes = { specversion: '1.0', id: '1', source: '/s', type: TYPE };
const binary = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/s', 'ce-type': TYPE };

/** The same data in each mode, and where they stand in the body. */
const modes = [
  [
    'structured mode',
    '/data',
    (data: unknown) =>
      post(JSON.stringify({ ...attributes, data }), { 'content-type': 'application/cloudevents+json' }),
  ],
  [
    'plain JSON',
    '/data',
    (data: unknown) => post(JSON.stringify({ type: TYPE, data }), { 'content-type': 'application/json' }),
  ],
  ['binary mode', '', (data: unknown) => post(JSON.stringify(data), { ...binary, 'content-type': 'application/json' })],
] as const;

describe('an event whose type has a schema', () => {
  it.each(modes)('is refused with 422 in %s, with pointers into the body', async (_mode, at, request) => {
    const { app, stream, registry } = await createTestApp({}, { schemas });
    const answer = await app.inject(request(bad));
    expect(answer.json()).toMatchObject({
      status: 422,
      code: 'EVENT_SCHEMA_MISMATCH',
      errors: [{ pointer: `${at}/total`, detail: 'must be number' }],
    });
    expect(stream.events).toEqual([]);
    expect(await registry.metrics()).toContain('millrace_events_accepted_total{result="EVENT_SCHEMA_MISMATCH"} 1');
  });

  it.each(modes)('is accepted in %s when its data match', async (_mode, _at, request) => {
    const { app, stream } = await createTestApp({}, { schemas });
    expect((await app.inject(request(good))).statusCode).toBe(202);
    expect(stream.events[0]?.data?.bytes.toString()).toBe(JSON.stringify(good));
  });

  it('is refused by itself in a batch, with pointers from the root of the batch', async () => {
    const { app, stream } = await createTestApp({}, { schemas });
    const events = [bad, good].map((data, id) => ({ ...attributes, id: `${id}`, data }));
    const answer = await app.inject(
      post(JSON.stringify(events), { 'content-type': 'application/cloudevents-batch+json' }),
    );
    expect(answer.statusCode).toBe(207);
    expect(answer.json()).toMatchObject([{ status: 422, errors: [{ pointer: '/0/data/total' }] }, { status: 202 }]);
    expect(stream.events).toHaveLength(1);
  });

  it('is refused when it has no data, or data that are no JSON', async () => {
    const { app, stream } = await createTestApp({}, { schemas });
    const without = post(JSON.stringify(attributes), { 'content-type': 'application/cloudevents+json' });
    expect((await app.inject(without)).json()).toMatchObject({ status: 422, errors: [{ pointer: '/data' }] });
    const other = post(JSON.stringify(good), { ...binary, 'content-type': 'application/octet-stream' });
    expect((await app.inject(other)).json()).toMatchObject({
      status: 422,
      errors: [{ detail: expect.stringContaining('must be JSON') }],
    });
    expect(stream.events).toEqual([]);
  });
});

describe('an event whose type has no schema', () => {
  it('is accepted with any data', async () => {
    const { app } = await createTestApp({}, { schemas });
    const body = JSON.stringify({ ...attributes, type: 'com.shop.order', data: bad });
    expect((await app.inject(post(body, { 'content-type': 'application/cloudevents+json' }))).statusCode).toBe(202);
  });
});
