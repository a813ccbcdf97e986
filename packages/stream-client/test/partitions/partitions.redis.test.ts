import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createAppender, openPartitions, type Partitions, readMap, readRecord } from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { Redis } from 'ioredis';
import { anEvent, appendAll, openTestStream } from '../open-test-stream.js';

let server: RedisServer;
let redis: Redis;
const opened: Partitions[] = [];

async function open(partitions: number): Promise<Partitions> {
  const one = await openPartitions({ redisUrl: server.url, namespace: 'test', partitions });
  opened.push(one);
  return one;
}

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
});

beforeEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await redis.flushall();
});

afterAll(async () => {
  for (const one of opened.splice(0)) await one.close();
  redis.disconnect();
  await server.stop();
});

describe('the map of partitions', () => {
  it('is written by the first process of a new deployment, and read by those after it, whatever they want', async () => {
    expect(await open(16)).toMatchObject({ map: { active: { epoch: 1, partitions: 16, state: 'active' }, size: 16 } });
    const second = await open(4);
    expect(second.map.active.partitions).toBe(16);
    expect(second.all).toHaveLength(16);
    expect(await readMap(second.home)).toEqual(second.map);
  });

  it('says one and the same to processes that start together with different numbers', async () => {
    const wanted = [1, 2, 3, 4, 5, 6];
    const counts = await Promise.all(wanted.map(async (n) => (await open(n)).map.active.partitions));
    expect(new Set(counts).size).toBe(1);
  });

  it('has one partition where events were accepted before there was a map', async () => {
    const stream = await openTestStream(server.url);
    await appendAll(stream, ['old']);
    await stream.close();
    expect((await open(16)).map.active.partitions).toBe(1);
  });

  it('refuses a map that it cannot read, since events would go where nobody looks', async () => {
    await redis.hset('test:{0}:map', '1', '16 doubled 0');
    await expect(open(16)).rejects.toMatchObject({ code: 'STREAM_UNSUITABLE' });
  });
});

describe('openPartitions', () => {
  it('opens as many connections for 64 partitions as for one', async () => {
    const own = async () =>
      String(await redis.client('LIST'))
        .split('\n')
        .filter((line) => line.includes('name=millrace')).length;
    await open(1);
    const alone = await own();
    await redis.flushall();
    await open(64);
    expect(await own()).toBe(2 * alone);
  });

  it('makes a group in each of them', async () => {
    const { all } = await open(16);
    const groups = await Promise.all(all.map(({ keys }) => redis.xinfo('GROUPS', keys.events)));
    expect(groups.map((list) => (list as unknown[]).length)).toEqual(all.map(() => 1));
  });

  it('finds a record by its ref, in the partition to which its event belongs', async () => {
    const partitions = await open(16);
    for (const id of ['a', 'b', 'c', 'd']) {
      const event = anEvent(id);
      const stream = partitions.forEvent(event);
      const appended = await createAppender(stream, { maxBacklog: 10, deadlineMs: 2_000 }).append(event);
      const ref = appended.kind === 'accepted' ? appended.ref : '';
      expect(partitions.ofRef(ref)).toBe(stream);
      expect(await readRecord(stream, ref)).toMatchObject({ ref, state: 'open' });
    }
  });

  it('knows no partition for a ref of another deployment, or for any other text', async () => {
    const partitions = await open(4);
    expect(['4-1-1', '-1-1-1', 'x', '', '00-1-1'].map((ref) => partitions.ofRef(ref))).toEqual(
      Array.from({ length: 5 }, () => undefined),
    );
  });
});
