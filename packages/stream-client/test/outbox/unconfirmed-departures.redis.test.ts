import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createSettler, departingFrom, OutboxMover, openPartitions, type Partitions } from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { arrivedIn, doneWith, followUpOf, keysOf, outboxOf, takeIn } from './departures.js';

const NEVER = new AbortController().signal;
const NOT_DURABLE = { code: 'STREAM_NOT_DURABLE' };

let primary: RedisServer;
let replica: RedisServer;
let partitions: Partitions;

beforeAll(async () => {
  primary = await startRedisServer(['--repl-diskless-sync-delay', '0']);
  replica = await startRedisServer(['--replicaof', '127.0.0.1', String(primary.port)]);
  const settings = { redisUrl: primary.url, namespace: 'test', partitions: 4, durability: 'replicated' } as const;
  partitions = await waitUntil(() => openPartitions(settings).catch(() => false as const), 'the replica is connected');
  await waitUntil(() => partitions.home.isReady(), 'Redis has said what it keeps');
});

afterAll(async () => {
  replica.thaw();
  await partitions.close();
  await replica.stop();
  await primary.stop();
});

it('a mover sends nothing that the replicas of the partition it comes from do not have, and all of it once they do', async () => {
  const { home } = partitions;
  const [entry] = await takeIn(partitions, home, 1);
  if (entry === undefined) throw new Error('nothing was read');
  const outcomes = [doneWith([followUpOf(entry.event, keysOf(1)[0] ?? '')])];
  const settler = createSettler(
    home,
    'me',
    departingFrom(partitions, home, () => undefined),
  );
  const mover = new OutboxMover(partitions, 'me');
  const there = partitions.all[1] as typeof home;
  replica.freeze();
  await expect(settler.settle({ entry, routes: ['r1'], outcomes })).rejects.toMatchObject(NOT_DURABLE);
  expect(await outboxOf(home)).toBe(1);
  await expect(mover.move(home, NEVER)).rejects.toMatchObject(NOT_DURABLE);
  expect(await arrivedIn(there)).toEqual([]);
  replica.thaw();
  await waitUntil(async () => (await mover.move(home, NEVER).catch(() => undefined))?.arrived === 1, 'it has arrived');
  expect([await arrivedIn(there), await outboxOf(home)]).toEqual([['e0'], 0]);
});
