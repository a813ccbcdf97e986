import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { type ClusterRedis, HOME_SLOT, startClusterRedis } from '../system/cluster-redis.js';
import { System } from '../system/system.js';

let redis: ClusterRedis;
let system: System;

beforeAll(async () => {
  redis = await startClusterRedis(15_000);
  const env = { MILLRACE_DURABILITY: 'replicated', ...redis.env };
  system = await System.start(1, { redis: redis.server, env });
}, 120_000);

afterAll(async () => {
  await system?.stop();
  await redis?.server.stop();
}, 60_000);

const order = { sku: 'mug', quantity: 2, total: 42.5, email: 'ada@shop.example' };

async function deliver(id: string): Promise<string | undefined> {
  // As a sender does: a 503 says to come back.
  const { body } = await waitUntil(async () => {
    const posted = await system.post({ type: 'com.shop.order.created', id, data: { ...order, orderId: id } });
    return posted.status === 202 && posted;
  }, 'it is accepted');
  const { routes } = await system.untilState(body.ref, 'done', 60_000);
  return routes.find((route) => route.id === 'score-order')?.state;
}

describe('the system on a Redis Cluster', () => {
  it('delivers an event, and after its slot has moved to another primary the next one', async () => {
    expect(await deliver('before')).toBe('done');
    await redis.cluster.moveSlot(HOME_SLOT);
    expect(await deliver('after')).toBe('done');
  }, 180_000);
});
