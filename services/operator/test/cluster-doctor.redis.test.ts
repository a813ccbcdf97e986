import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nodeOf } from '@millrace/stream-client';
import { type ClusterServer, type RedisCluster, startRedisCluster, waitUntil, withNode } from '@millrace/testing';
import type { Check } from '../src/system/check.js';
import { openTestOperator } from './open-test-operator.js';

let cluster: RedisCluster;
let operator: Awaited<ReturnType<typeof openTestOperator>>;
/** A node that has partitions, but not that of everything else. */
let other: ClusterServer;
let othersName: string;

beforeAll(async () => {
  // Nobody takes the place of one that is gone, and the others go on without it.
  const args = ['--cluster-require-full-coverage', 'no'];
  cluster = await startRedisCluster({ primaries: 2, replicas: 0, nodeTimeoutMs: 60_000, args });
  const clusterNodes = cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
  operator = await openTestOperator('redis://nobody.invalid', {}, { clusterNodes, partitions: 8 });
  const home = nodeOf(operator.stream);
  othersName = operator.partitions.all.map(nodeOf).find((name) => name !== '' && name !== home) ?? '';
  const found = cluster.nodes.find(({ port }) => othersName.endsWith(`:${port}`));
  if (found === undefined) throw new Error('all partitions are on one node');
  other = found;
});

afterAll(async () => {
  await operator?.close();
  await cluster?.stop();
});

/** The check of this name, once it is as it should be: connections notice what happens to a node a moment later. */
async function checkUntil(name: string, isAsMeant: (check: Check) => boolean): Promise<Check> {
  return waitUntil(async () => {
    const { checks } = (await operator.app.inject('/v1/system')).json() as { checks: readonly Check[] };
    return checks.find((check) => check.name === name && isAsMeant(check));
  }, `the check ${name} is as it should be`);
}

describe('GET /v1/system on a Redis Cluster', () => {
  it('looks at every node that has partitions', async () => {
    const { found } = await checkUntil('redis', ({ ok }) => ok);
    expect(found).toBe('2 nodes have partitions and answer');
    expect((await checkUntil('memory', ({ ok }) => ok)).found).toContain(`${othersName}: `);
    expect((await checkUntil('partitions', ({ ok }) => ok)).found).toBe('8 partition(s), epoch 1');
  });

  it('names the node on which something is wrong, and the mend', async () => {
    const setPolicy = (policy: string) => withNode(other, (redis) => redis.config('SET', 'maxmemory-policy', policy));
    await setPolicy('allkeys-lru');
    const { found, mend } = await checkUntil('eviction', ({ ok }) => !ok);
    expect(found).toBe(`${othersName}: maxmemory-policy is allkeys-lru: Redis may drop events to make room`);
    expect(mend).toContain('noeviction');
    await setPolicy('noeviction');
    await checkUntil('eviction', ({ ok }) => ok);
  });

  it('names a node that is away, with how many partitions it has', async () => {
    await other.kill();
    const { found, mend } = await checkUntil('redis', ({ ok }) => !ok);
    expect(found).toMatch(new RegExp(`^does not answer: ${othersName}, which has [1-7] partition`));
    expect(mend).toContain('start Redis');
    await other.restart();
    await checkUntil('redis', ({ ok }) => ok);
  });
});
