import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  beginChange,
  completeChange,
  OutboxMover,
  type Partitions,
  partitionOf,
  readRecord,
  type Stream,
  StreamError,
  sampleStream,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { arriveAt } from '../../src/outbox/arrive.js';
import { type Departure, readOutbox } from '../../src/outbox/outbox.js';
import { anEvent } from '../open-test-stream.js';
import { arrivedIn, keysOf, openFour, outboxOf, settleWithFollowUps } from './departures.js';

const NEVER = new AbortController().signal;
const OTHERS = [1, 2, 3];

let server: RedisServer;
let partitions: Partitions;
let origin: Stream;
const opened: Partitions[] = [];

async function open(): Promise<Partitions> {
  const one = await openFour(server);
  opened.push(one);
  return one;
}

beforeAll(async () => {
  server = await startRedisServer();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  partitions = await open();
  origin = partitions.home;
});

afterEach(async () => {
  await partitions.home.redis.flushall();
  for (const one of opened.splice(0)) await one.close();
});

const stream = (number: number) => partitions.all[number] as Stream;

/** So many follow-ups, for the other three partitions in turn. Resolves with their causes, by partition. */
async function depart(count: number, front = 'e'): Promise<Map<number, string[]>> {
  const keys = Array.from({ length: count }, (_, at) => keysOf(1 + (at % 3))[0] ?? '');
  await settleWithFollowUps(partitions, origin, keys, front);
  return new Map(
    OTHERS.map((number) => [number, keys.flatMap((_, at) => (1 + (at % 3) === number ? [`${front}${at}`] : []))]),
  );
}

async function expectArrived(expected: ReadonlyMap<number, readonly string[]>): Promise<void> {
  for (const [number, causes] of expected) expect(await arrivedIn(stream(number))).toEqual(causes);
  expect(await outboxOf(origin)).toBe(0);
  for (const one of partitions.all) expect(await sampleStream(one)).toMatchObject({ unaccounted: 0, departing: 0 });
}

async function readAll(): Promise<readonly Departure[]> {
  const page = await readOutbox(origin, 'me', '0-0');
  return page.kind === 'found' ? page.departures : [];
}

const forPartition = (departures: readonly Departure[], number: number) =>
  departures.filter(({ place }) => partitions.atPlace(place) === stream(number));

/** The partitions, of which some do something else than arrive. */
function withArrivals(change: (to: Stream, arrive: Stream['writes']['run']) => Stream['writes']['run']): Partitions {
  const streams = partitions.all.map((one) => ({
    ...one,
    writes: { ...one.writes, run: change(one, (...call) => one.writes.run(...call)) },
  }));
  return {
    ...partitions,
    map: partitions.map,
    all: streams,
    atPlace: (place) => streams[place % streams.length] as Stream,
  };
}

describe('a mover of departures', () => {
  it('moves each to its partition, those of one partition in their order, in as many pages as it takes', async () => {
    const expected = await depart(600);
    expect(await new OutboxMover(partitions, 'me').move(origin, NEVER)).toEqual({ arrived: 600, isHeldUp: false });
    await expectArrived(expected);
  });

  it('does not double what another moved that died before it could say so', async () => {
    const expected = await depart(9);
    await arriveAt(stream(1), 1, forPartition(await readAll(), 1));
    await new OutboxMover(partitions, 'me').move(origin, NEVER);
    await expectArrived(expected);
    const [followUp] = await followUpsOf('e0');
    expect((await readRecord(stream(1), followUp ?? ''))?.state).toBe('open');
  });

  it('does not double or reorder what one that was frozen over it sends after others have gone on', async () => {
    const expected = await depart(9);
    const late = forPartition(await readAll(), 2);
    const more = await depart(6, 'more');
    await new OutboxMover(partitions, 'me').move(origin, NEVER);
    const refs = await arriveAt(stream(2), 1, late);
    expect(new Set(refs).size).toBe(late.length);
    await expectArrived(new Map(OTHERS.map((at) => [at, [...(expected.get(at) ?? []), ...(more.get(at) ?? [])]])));
  });

  it('does not send what it has read too long ago, but reads it again', async () => {
    const expected = await depart(3);
    let now = 0;
    // Frozen between reading and sending, once: by its own clock a minute goes by.
    const earlierAt: Partitions['earlierAt'] = (...place) => {
      if (now === 0) now = 60_000;
      return partitions.earlierAt(...place);
    };
    const mover = new OutboxMover({ ...partitions, map: partitions.map, earlierAt }, 'me', () => now);
    expect(await mover.move(origin, NEVER)).toMatchObject({ arrived: 0, isHeldUp: true });
    now += 10_000;
    expect(await mover.move(origin, NEVER)).toMatchObject({ arrived: 3, isHeldUp: false });
    await expectArrived(expected);
  });

  it('keeps the order, and doubles nothing, with others beside it that move the same', async () => {
    const expected = await depart(300);
    // Whoever moves, all take it for their own: as where each has waited too long for the one before.
    const movers = Array.from({ length: 4 }, () => new OutboxMover(partitions, 'me').move(origin, NEVER));
    await Promise.all(movers);
    await expectArrived(expected);
  });

  it('keeps the order where an answer was lost, and what it does not know of has arrived', async () => {
    const expected = await depart(30);
    let isLossy = true;
    const lossy = withArrivals((to, run) => async (...call) => {
      const reply = await run(...call);
      if (isLossy && to.keys.partition === '2') throw new StreamError('STREAM_UNAVAILABLE', 'the answer was lost');
      return reply;
    });
    const mover = new OutboxMover(lossy, 'me');
    expect(await mover.move(origin, NEVER)).toMatchObject({ arrived: 20, isHeldUp: true });
    isLossy = false;
    await new OutboxMover(lossy, 'me').move(origin, NEVER);
    await expectArrived(expected);
  });
});

async function followUpsOf(eventId: string): Promise<readonly string[]> {
  for (const name of await origin.redis.keys('test:{0}:record:*')) {
    const record = await readRecord(origin, name.slice('test:{0}:record:'.length));
    if (record?.event?.id === eventId) return record.deliveries[0]?.followUps ?? [];
  }
  return [];
}

describe('a partition that is away', () => {
  it('holds up what is for it and nothing else, and gets it in order when it is back', async () => {
    const expected = await depart(600);
    let isAway = true;
    let tries = 0;
    const cut = withArrivals((to, run) => async (...call) => {
      if (to.keys.partition !== '3') return run(...call);
      tries += 1;
      if (isAway) throw new StreamError('STREAM_UNAVAILABLE', 'it is away');
      return run(...call);
    });
    let now = 0;
    const mover = new OutboxMover(cut, 'me', () => now);
    expect(await mover.move(origin, NEVER)).toMatchObject({
      arrived: 400,
      isHeldUp: true,
      error: { message: 'it is away' },
    });
    // What comes after it is moved without going through what is held up once more.
    const more = await depart(3, 'more');
    expect(await mover.move(origin, NEVER)).toMatchObject({ arrived: 2, isHeldUp: true });
    expect(tries).toBe(1);
    isAway = false;
    now += 10_000;
    expect(await mover.move(origin, NEVER)).toMatchObject({ isHeldUp: false });
    await expectArrived(new Map(OTHERS.map((at) => [at, [...(expected.get(at) ?? []), ...(more.get(at) ?? [])]])));
  });

  it('is tried again with the first page of what is for it, and not with all of it', async () => {
    const [first, second] = [await depart(900), await depart(900, 'second')];
    let isAway = true;
    const cut = withArrivals((to, run) => (...call) => {
      if (isAway && to.keys.partition === '3') throw new StreamError('STREAM_UNAVAILABLE', 'it is away');
      return run(...call);
    });
    let now = 0;
    const mover = new OutboxMover(cut, 'me', () => now);
    expect(await mover.move(origin, NEVER)).toMatchObject({ arrived: 1_200, isHeldUp: true });
    // 600 are left, and what comes after them.
    const more = await depart(3, 'more');
    const countReads = watchReads();
    for (let time = 0; time < 4; time += 1) {
      now += 10_000;
      expect(await mover.move(origin, NEVER)).toMatchObject({ arrived: time === 0 ? 2 : 0, isHeldUp: true });
    }
    // Each time the first page, and that there is nothing after the rest; once what has come since.
    expect(countReads()).toBe(4 * 2 + 1);
    isAway = false;
    now += 10_000;
    expect(await mover.move(origin, NEVER)).toMatchObject({ isHeldUp: false });
    await expectArrived(new Map(OTHERS.map((at) => [at, [first, second, more].flatMap((one) => one.get(at) ?? [])])));
  });
});

describe('an outbox of which a failover has put back what had arrived', () => {
  it('is gone through whole within a minute, though a partition is away all the time', async () => {
    const expected = await depart(900);
    let isAway = true;
    const cut = withArrivals((to, run) => (...call) => {
      if (isAway && to.keys.partition === '3') throw new StreamError('STREAM_UNAVAILABLE', 'it is away');
      return run(...call);
    });
    const { redis, keys } = origin;
    const before = await redis.dumpBuffer(keys.outbox);
    let now = 0;
    const mover = new OutboxMover(cut, 'me', () => now);
    await mover.move(origin, NEVER);
    expect(await redis.xlen(keys.outbox)).toBe(300);
    await redis.restore(keys.outbox, 0, before as Buffer, 'REPLACE');
    // So has it put back the count of what is open.
    await redis.hincrby(keys.counters, 'backlog', 600);
    for (let time = 0; time < 7; time += 1) {
      now += 10_000;
      await mover.move(origin, NEVER);
    }
    expect(await redis.xlen(keys.outbox)).toBe(300);
    isAway = false;
    now += 10_000;
    expect(await mover.move(origin, NEVER)).toMatchObject({ isHeldUp: false });
    await expectArrived(expected);
  });
});

/** Begins to count how often an outbox is read; the answer tells of so far. */
function watchReads(): () => number {
  const { redis } = origin;
  const read = Reflect.get(redis, 'read-outboxBuffer') as (...args: unknown[]) => unknown;
  let reads = 0;
  Reflect.set(redis, 'read-outboxBuffer', (...args: unknown[]) => {
    reads += 1;
    return read.apply(redis, args);
  });
  return () => reads;
}

describe('a change of the partitions', () => {
  /** A key that is in partition 1 of four, and in partition 5 of eight. */
  const key = keysOf(1).find((one) => partitionOf(anEvent('x', {}, { partitionkey: one }), 8) === 5) ?? '';

  it('sends what lies in an outbox to where its key is by now', async () => {
    await settleWithFollowUps(partitions, origin, [key]);
    const mover = new OutboxMover(await open(), 'me');
    await beginChange(partitions, 8);
    await completeChange(partitions);
    // It goes by the old map, is told so, and then by the new one, from the beginning.
    expect(await mover.move(origin, NEVER)).toEqual({ arrived: 1, isHeldUp: false });
    await settleWithFollowUps(partitions, origin, [key], 'f');
    await mover.move(origin, NEVER);
    expect(await arrivedIn(stream(1))).toEqual([]);
    expect(await arrivedIn(stream(5))).toEqual(['e0', 'f0']);
    expect(await outboxOf(origin)).toBe(0);
  });

  it('is carried on where it has come to a stop half way, by a mover that has nothing else to do', async () => {
    await settleWithFollowUps(partitions, origin, [key]);
    await beginChange(partitions, 8);
    const { writes, keys } = stream(1);
    await writes.run('fence', [keys.events, keys.counters], [2]);
    expect(await new OutboxMover(await open(), 'me').move(origin, NEVER)).toEqual({ arrived: 1, isHeldUp: false });
    await partitions.refresh();
    expect([partitions.map.active.partitions, partitions.map.preparing]).toEqual([8, undefined]);
    expect([await arrivedIn(stream(1)), await arrivedIn(stream(5))]).toEqual([[], ['e0']]);
    expect(await outboxOf(origin)).toBe(0);
  });

  it('does not double what has arrived before it, and was still in the outbox', async () => {
    const [ref = ''] = await settleWithFollowUps(partitions, origin, [key]);
    const [arrived] = await arriveAt(stream(1), 1, await readAll());
    await beginChange(partitions, 8);
    await completeChange(partitions);
    expect(await new OutboxMover(partitions, 'me').move(origin, NEVER)).toMatchObject({ arrived: 1 });
    expect(await arrivedIn(stream(1))).toEqual(['e0']);
    expect(await arrivedIn(stream(5))).toEqual([]);
    expect((await readRecord(origin, ref))?.deliveries[0]?.followUps).toEqual([arrived]);
  });

  it('lets a mover that knows the old map put nothing into an old partition', async () => {
    await settleWithFollowUps(partitions, origin, [key]);
    const departures = await readAll();
    await beginChange(partitions, 8);
    await completeChange(partitions);
    await expect(arriveAt(stream(1), 1, departures)).rejects.toMatchObject({ code: 'STREAM_MOVED' });
    expect(await arrivedIn(stream(1))).toEqual([]);
  });
});
