import { createFollowUp, type Event } from '@millrace/events';
import {
  createPartitionsAppender,
  createSettler,
  departingFrom,
  type Entry,
  openPartitions,
  type Partitions,
  partitionOf,
  type Stream,
} from '@millrace/stream-client';
import type { RedisServer } from '@millrace/testing';
import { GROUP } from '../../src/keys.js';
import { readNew } from '../../src/reading/read.js';
import { anEvent } from '../open-test-stream.js';

/** Opens the four partitions of a deployment, or however many there are by now. */
export function openFour(server: RedisServer, identityTtlMs = 60_000): Promise<Partitions> {
  const times = { identityTtlMs, recordTtlMs: 120_000 };
  return openPartitions({ redisUrl: server.url, namespace: 'test', partitions: 4, ...times });
}

const KEYS = Array.from({ length: 200 }, (_, at) => `k${at}`);

/** Keys whose partition is this one, of so many. */
export function keysOf(partition: number, partitions = 4): string[] {
  const isThere = (key: string) => partitionOf(anEvent('x', {}, { partitionkey: key }), partitions) === partition;
  return KEYS.filter(isThere);
}

/** The one event that a delivery of `cause` emits under a key of its own. */
export function followUpOf(cause: Event, partitionkey: string): Event {
  const data = { kind: 'json', bytes: Buffer.from(JSON.stringify({ of: cause.id })) } as const;
  const event = createFollowUp(cause, 'r1', { type: 'com.test.followed', partitionkey, data });
  if (event === undefined) throw new Error('no follow-up');
  return event;
}

/**
 * Has events accepted in a partition, one after the other, and settled by a consumer of which each emits a follow-up under the
 * key that is given for it. Resolves with the refs of the events.
 */
export async function settleWithFollowUps(
  partitions: Partitions,
  origin: Stream,
  keys: readonly string[],
  front = 'e',
): Promise<string[]> {
  const entries = await takeIn(partitions, origin, keys.length, front);
  const settler = createSettler(origin, 'me', departingFrom(partitions, origin, ignore));
  const outcomesOf = ({ event }: Entry, key: string) => [doneWith([followUpOf(event, key)])];
  // All at the same time: they are written in this order, and share round trips.
  await Promise.all(
    entries.map((entry, at) => settler.settle({ entry, routes: ['r1'], outcomes: outcomesOf(entry, keys[at] ?? '') })),
  );
  return entries.map(({ ref }) => ref);
}

/** Has so many events accepted in a partition, and reads them. */
export async function takeIn(partitions: Partitions, origin: Stream, count: number, front = 'e'): Promise<Entry[]> {
  const appender = createPartitionsAppender(partitions, { maxBacklog: 1_000_000, deadlineMs: 60_000 });
  const partition = Number(origin.keys.partition);
  const [partitionkey = ''] = keysOf(partition, partitions.map.active.partitions);
  const events = Array.from({ length: count }, (_, nth) => anEvent(`${front}${nth}`, { nth }, { partitionkey }));
  for (const result of await Promise.all(events.map((event) => appender.append(event))))
    if (result.kind !== 'accepted') throw new Error(`the event was ${result.kind}`);
  return (await readNew(origin, 'me', 1_000)) as Entry[];
}

export function doneWith(followUps: readonly Event[]) {
  const detail = { version: '1', effects: [] };
  return { route: 'r1', state: 'done', attempt: 1, detail, followUps } as const;
}

/** What of events a partition has been given, by the ids of what they follow from, in the order of the stream. */
export async function arrivedIn({ redis, keys }: Stream): Promise<string[]> {
  const entries = await redis.xrange(keys.events, '-', '+');
  return entries.flatMap(([, flat]) => /"causationid":"([^"]+)"/.exec(flat.join(' '))?.[1] ?? []);
}

export async function outboxOf({ redis, keys }: Stream): Promise<number> {
  return redis.xlen(keys.outbox);
}

/** Destroys the consumer group of a partition. */
export async function destroyGroup({ redis, keys }: Stream): Promise<void> {
  await redis.xgroup('DESTROY', keys.events, GROUP);
}

function ignore(): void {}
