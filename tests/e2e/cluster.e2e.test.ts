import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { Redis } from 'ioredis';
import type { RecordBody } from '../system/answers.js';
import { type ClusterRedis, HOME_SLOT, startClusterRedis } from '../system/cluster-redis.js';
import { System } from '../system/system.js';

const ROUTES = `
routes:
  - id: begin
    on: { type: com.test.begun }
    call: { server: gcp, tool: label.print }
    with: '{ "eventId": id, "orderId": id }'
    retry: { attempts: 5, initial: 50ms, max: 200ms }
    emit: { type: com.test.followed, data: '{ "of": id }' }
  - id: follow
    on: { type: com.test.followed }
    call: { server: azure, tool: ticket.open }
    with: '{ "eventId": data.of, "title": data.of }'
    delivery: effectively-once
    idempotency: key
  - id: in-order
    on: { type: com.test.step }
    call: { server: aws, tool: notify.email }
    with: '{ "eventId": id, "to": "someone@shop.example", "subject": "step" }'
    ordered: partitionkey
    retry: { attempts: 5, initial: 50ms, max: 200ms }
`;
const PARTITIONS = 8;
/** Of partition 1: it begins on another primary than partition 0. */
const OTHER_SLOT = 9_842;
const CONSUMERS = 2;

let redis: ClusterRedis;
let system: System;
/** A key whose events belong to the partition. */
const keyIn = new Map<string, string>();

beforeAll(async () => {
  redis = await startClusterRedis(15_000);
  const env = { MILLRACE_DURABILITY: 'replicated', MILLRACE_PARTITIONS: `${PARTITIONS}` };
  system = await System.start(CONSUMERS, {
    redis: redis.server,
    config: { 'routes.yaml': ROUTES },
    env: { ...env, ...redis.env },
  });
});

afterAll(async () => {
  await system?.stop();
  await redis?.server.stop();
});

/** Posts an event as a sender does: a 503 says to come back. Resolves with its ref. */
async function accept(type: string, id: string, partitionkey: string): Promise<string> {
  const { body } = await waitUntil(async () => {
    const posted = await system.post({ type, id, partitionkey, data: {} });
    return posted.status === 202 && posted;
  }, `${id} is accepted`);
  keyIn.set(body.ref.split('-')[0] ?? '', partitionkey);
  return body.ref;
}

const untilDone = (refs: readonly string[]): Promise<RecordBody[]> =>
  Promise.all(refs.map((ref) => system.untilState(ref, 'done')));

const numbersTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('the system on a Redis Cluster, with partitions on each of its primaries', () => {
  it('carries events of every partition to their ends, retries and follow-ups included', async () => {
    const ids = numbersTo(32).map((n) => `begun-${n}`);
    await system.setFaults('gcp', [{ tool: 'label.print', kind: 'error', eventIdPrefix: 'begun-1', times: 11 }]);
    const refs = await Promise.all(ids.map((id) => accept('com.test.begun', id, `key-of-${id}`)));
    expect(keyIn.size).toBe(PARTITIONS);
    const records = await untilDone(refs);
    expect(records.some(({ routes: [delivery] }) => (delivery?.attempts ?? 0) > 1)).toBe(true);
    await untilDone(records.flatMap(({ routes }) => routes.flatMap(({ followUps }) => followUps)));
    const followed = await system.witnessed('azure');
    expect(ids.map((id) => followed.get(id)?.effects)).toEqual(ids.map(() => 1));
  });

  it('has the first effects of each key in order, while calls fail', async () => {
    const keys = numbersTo(16).map((n) => `step-${n}`);
    const faults = keys.map(
      (key) => ({ tool: 'notify.email', kind: 'error', eventIdPrefix: `${key}.1`, times: 1 }) as const,
    );
    await system.setFaults('aws', faults);
    const sent = await Promise.all(
      keys.map(async (key) => {
        const steps = numbersTo(4).map((n) => `${key}.${n}`);
        const refs: string[] = [];
        for (const id of steps) refs.push(await accept('com.test.step', id, key));
        return { key, steps, refs };
      }),
    );
    await untilDone(sent.flatMap(({ refs }) => refs));
    const effects = await system.firstEffects('aws');
    for (const { key, steps } of sent) expect(effects.filter((id) => id.startsWith(`${key}.`))).toEqual(steps);
  });

  it('tells whoever looks on of events in all partitions, as they come', async () => {
    const reader = new AbortController();
    const answer = await fetch(`${system.operator.url}/v1/stream`, { signal: reader.signal });
    let told = '';
    const reading = (async () => {
      for await (const chunk of answer.body ?? []) told += Buffer.from(chunk).toString();
    })().catch(() => undefined);
    const heardOf = () => new Set(Array.from(told.matchAll(/"ref":"(\d+)-/g), ([, partition]) => partition));
    let round = 0;
    await waitUntil(async () => {
      round += 1;
      for (const [partition, key] of keyIn) await accept('com.test.unrouted', `told-${partition}-${round}`, key);
      return heardOf().size === PARTITIONS;
    }, 'somebody is told of each partition');
    reader.abort();
    await reading;
    const listed = await fetch(`${system.operator.url}/v1/events?type=com.test.step&limit=100`);
    expect(((await listed.json()) as { items: readonly unknown[] }).items).toHaveLength(64);
  });

  it('takes at most three connections to a node for each consumer', async () => {
    // Now and then a node is asked over one more who has which slot.
    const counts = await waitUntil(async () => {
      const open = await Promise.all(redis.cluster.nodes.map(countConsumerConnections));
      return Math.max(...open) <= 3 * CONSUMERS && open;
    }, 'there are no more than three');
    const perConsumer = counts.map((count) => count / CONSUMERS).join(', ');
    process.stdout.write(`connections of a consumer to each node, ${PARTITIONS} partitions: ${perConsumer}\n`);
  });

  it.each([
    ['its first partition', '0', HOME_SLOT],
    ['another partition', '1', OTHER_SLOT],
  ])(
    'goes on when the slot of %s has moved to another primary',
    async (_which, partition, slot) => {
      const key = keyIn.get(partition) ?? '';
      await redis.cluster.moveSlot(slot);
      const [record] = await untilDone([await accept('com.test.begun', `moved-${partition}`, key)]);
      expect(record?.ref.split('-')[0]).toBe(partition);
      await untilDone(record?.routes[0]?.followUps ?? []);
    },
    120_000,
  );
});

describe('a consumer of 512 partitions on a Redis Cluster', () => {
  it('takes no more connections to a node than one of few', async () => {
    for (const consumer of system.runningConsumers) await consumer.stop();
    const { nodes } = redis.cluster;
    const isNone = async () => Math.max(...(await Promise.all(nodes.map(countConsumerConnections)))) === 0;
    await waitUntil(isNone, 'the others have closed theirs');
    await system.startConsumer({ MILLRACE_NAMESPACE: 'many', MILLRACE_PARTITIONS: '512' });
    const counts = await waitUntil(async () => {
      const open = await Promise.all(nodes.map(countConsumerConnections));
      return open.filter((count) => count > 0).length >= 3 && Math.max(...open) <= 3 && open;
    }, 'there are some to each primary, and no more than three to any node');
    process.stdout.write(`connections of a consumer to each node, 512 partitions: ${counts.join(', ')}\n`);
    expect(Math.max(...counts)).toBeLessThanOrEqual(3);
  });
});

async function countConsumerConnections({ port }: { readonly port: number }): Promise<number> {
  const node = new Redis(port);
  const list = String(await node.client('LIST'));
  node.disconnect();
  return list.split('\n').filter((line) => line.includes(' name=millrace-consumer ')).length;
}
