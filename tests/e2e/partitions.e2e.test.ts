import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { System } from '../system/system.js';

let system: System;

beforeAll(async () => {
  system = await System.start(2, { env: { MILLRACE_PARTITIONS: '4' } });
});

afterAll(async () => {
  await system?.stop();
});

const data = { orderId: 'o-1', sku: 'mug', quantity: 2, total: 42.5, email: 'ada@shop.example' };

describe('a system of four partitions', () => {
  it('carries orders through all of them, follow-ups and records included, and knows what it has had', async () => {
    const ids = Array.from({ length: 12 }, (_, at) => `order-${at}`);
    const event = (id: string) => ({ type: 'com.shop.order.created', id, data });
    const posted = await Promise.all(ids.map((id) => system.post(event(id))));
    expect(posted.map(({ status }) => status)).toEqual(ids.map(() => 202));
    const partitions = new Set(posted.map(({ body: { ref } }) => ref.split('-')[0]));
    expect(partitions).toEqual(new Set(['0', '1', '2', '3']));
    for (const { body } of posted) {
      let steps = 0;
      for (let ref: string | undefined = body.ref; ref !== undefined; steps++)
        ref = (await system.untilState(ref, 'done')).routes[0]?.followUps[0];
      expect(steps).toBe(4);
    }
    const again = await system.post(event('order-0'));
    expect(again.body).toMatchObject({ duplicate: true, ref: posted[0]?.body.ref });
  });
});
