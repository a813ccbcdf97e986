import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RedisCluster, startRedisCluster } from '@millrace/testing';
import { Redis } from 'ioredis';

const SLOT = 13_907;
const KEY = 'test:{0}:key';

/** No load on the machine makes a node look dead. */
const QUIET_MS = 15_000;

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster({ nodeTimeoutMs: QUIET_MS });
});

afterAll(() => cluster?.stop());

async function ask(command: string, ...args: string[]): Promise<unknown> {
  const { port } = await cluster.primaryOf(SLOT);
  const redis = new Redis(port);
  try {
    return await redis.call(command, ...args);
  } finally {
    redis.disconnect();
  }
}

describe('startRedisCluster', () => {
  it('starts nodes that each know an owner of every slot, with a replica for each', async () => {
    expect(await ask('CLUSTER', 'KEYSLOT', KEY)).toBe(SLOT);
    expect(await ask('SET', KEY, 'kept')).toBe('OK');
    expect(await cluster.replicasOf(await cluster.primaryOf(SLOT))).toHaveLength(1);
  });

  it('says whose a slot is while a node is frozen that has no say in it', async () => {
    const primary = await cluster.primaryOf(SLOT);
    const [replica] = await cluster.replicasOf(primary);
    replica?.freeze();
    try {
      expect(await cluster.primaryOf(SLOT)).toBe(primary);
    } finally {
      replica?.thaw();
    }
  });

  it('moves a slot with its keys', async () => {
    const before = await cluster.primaryOf(SLOT);
    const after = await cluster.moveSlot(SLOT);
    expect(after.port).not.toBe(before.port);
    expect(await cluster.primaryOf(SLOT)).toBe(after);
    expect(await ask('GET', KEY)).toBe('kept');
  });
});
