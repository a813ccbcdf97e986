import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createGroup,
  createSettler,
  departingFrom,
  leftBefore,
  OutboxMover,
  type Partitions,
  readRecord,
  type Stream,
  sampleStream,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { readOutbox } from '../../src/outbox/outbox.js';
import {
  arrivedIn,
  destroyGroup,
  doneWith,
  followUpOf,
  keysOf,
  openFour,
  outboxOf,
  settleWithFollowUps,
  takeIn,
} from './departures.js';

const NEVER = new AbortController().signal;
const [HOME = '', AWAY = ''] = [keysOf(0)[0], keysOf(2)[0]];

let server: RedisServer;
let partitions: Partitions;
/** Partition 0, where everything begins, and 2, where keys like AWAY belong. */
let origin: Stream;
let other: Stream;

beforeAll(async () => {
  server = await startRedisServer();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  partitions = await openFour(server);
  [origin, , other] = partitions.all as unknown as [Stream, Stream, Stream];
});

afterEach(async () => {
  await partitions.home.redis.flushall();
  await partitions.close();
});

const moveAll = (consumer = 'me') => new OutboxMover(partitions, consumer).move(origin, NEVER);

/** What there is of each kind in a partition, and whether its account is right. */
async function openIn(stream: Stream) {
  const { backlog, departing, unaccounted, ready } = await sampleStream(stream);
  return { backlog, departing, unaccounted, ready };
}

describe('a follow-up whose key belongs in another partition', () => {
  it('lies in the outbox with the settlement of its cause, and is open all the while', async () => {
    const [ref = ''] = await settleWithFollowUps(partitions, origin, [AWAY]);
    expect(await openIn(origin)).toEqual({ backlog: 1, departing: 1, unaccounted: 0, ready: 1 });
    expect((await readRecord(origin, ref))?.deliveries).toMatchObject([{ state: 'done', followUps: [] }]);
    expect(await arrivedIn(origin)).toEqual([]);
  });

  it('arrives there, is known there to come from its cause, and its cause knows where it is', async () => {
    const [ref = ''] = await settleWithFollowUps(partitions, origin, [AWAY]);
    expect(await moveAll()).toEqual({ arrived: 1, isHeldUp: false });
    expect(await arrivedIn(other)).toEqual(['e0']);
    const [followUp = ''] = (await readRecord(origin, ref))?.deliveries[0]?.followUps ?? [];
    expect(followUp).toMatch(/^2-/);
    const { event, state } = (await readRecord(other, followUp)) ?? {};
    expect(state).toBe('open');
    expect(event?.attributes).toMatchObject({ partitionkey: AWAY, causationid: 'e0', millracefrom: ref });
    expect(await openIn(origin)).toEqual({ backlog: 0, departing: 0, unaccounted: 0, ready: 0 });
    expect(await openIn(other)).toEqual({ backlog: 1, departing: 0, unaccounted: 0, ready: 1 });
    expect(await origin.redis.exists(origin.keys.outbox, origin.keys.mover)).toBe(0);
  });

  it('stays where it is if its key belongs there, or it has none', async () => {
    await settleWithFollowUps(partitions, origin, [HOME, '']);
    expect(await outboxOf(origin)).toBe(0);
    expect(await arrivedIn(origin)).toEqual(['e0', 'e1']);
  });

  it('departs once, though its settlement is repeated, and not where the entry is somebody else’s', async () => {
    const [entry] = await takeIn(partitions, origin, 1);
    if (entry === undefined) throw new Error('nothing was read');
    const outcomes = [doneWith([followUpOf(entry.event, AWAY)])];
    const settlement = { entry, routes: ['r1', 'r2'], outcomes };
    let departures = 0;
    const departing = departingFrom(partitions, origin, () => {
      departures += 1;
    });
    const stranger = createSettler(origin, 'somebody else', departing);
    expect(await stranger.settle(settlement)).toBe('not-owned');
    expect(await outboxOf(origin)).toBe(0);
    const settler = createSettler(origin, 'me', departing);
    expect(await settler.settle(settlement)).toBe('settled');
    expect(await settler.settle(settlement)).toBe('settled');
    expect(await outboxOf(origin)).toBe(1);
    expect(departures).toBe(2);
  });

  it('arrives once, though the delivery that emits it is repeated after its partition lost its group and its record', async () => {
    await settleWithFollowUps(partitions, origin, [AWAY]);
    await moveAll();
    await destroyGroup(origin);
    await createGroup(origin);
    await origin.redis.del(...(await origin.redis.keys('test:{0}:record:*')));
    // It reads the first one again, and does the same about it.
    await settleWithFollowUps(partitions, origin, [AWAY], 'later');
    expect(await moveAll()).toMatchObject({ arrived: 1 });
    expect(await arrivedIn(other)).toEqual(['e0']);
  });

  it('passes a backlog that is full, as follow-ups do', async () => {
    await settleWithFollowUps(partitions, origin, [AWAY]);
    await other.redis.hset(other.keys.counters, 'backlog', 5_000_000);
    expect(await moveAll()).toMatchObject({ arrived: 1 });
  });
});

describe('an outbox', () => {
  it('is emptied by one consumer at a time, and by another once that one has nothing left', async () => {
    await settleWithFollowUps(partitions, origin, [AWAY]);
    await readOutbox(origin, 'me', '0-0');
    // However slow the machine.
    await origin.redis.persist(origin.keys.mover);
    expect(await moveAll('another')).toEqual({ arrived: 0, isHeldUp: false });
    expect(await moveAll('me')).toEqual({ arrived: 1, isHeldUp: false });
    await settleWithFollowUps(partitions, origin, [AWAY], 'again');
    expect(await moveAll('another')).toEqual({ arrived: 1, isHeldUp: false });
  });

  it('does not stay with a consumer that died over it', async () => {
    await settleWithFollowUps(partitions, origin, [AWAY]);
    await readOutbox(origin, 'me', '0-0');
    expect(await origin.redis.pttl(origin.keys.mover)).not.toBe(-1);
    await origin.redis.pexpire(origin.keys.mover, 1);
    while ((await origin.redis.exists(origin.keys.mover)) > 0);
    expect(await moveAll('another')).toMatchObject({ arrived: 1 });
  });

  it('is counted where a group has to be made anew', async () => {
    await settleWithFollowUps(partitions, origin, [AWAY, AWAY, AWAY]);
    await destroyGroup(origin);
    expect(await createGroup(origin)).toMatchObject({ kind: 'made', lost: 0 });
    expect(await openIn(origin)).toMatchObject({ departing: 3, unaccounted: 0 });
  });

  it('keeps a partition that was fenced from being empty', async () => {
    await settleWithFollowUps(partitions, origin, [AWAY]);
    await new Promise((resolve) => setTimeout(resolve, 2));
    await origin.writes.run('fence', [origin.keys.events, origin.keys.counters], [2]);
    expect(await leftBefore(origin)).toMatchObject({ waiting: 1, isExact: true });
    await moveAll();
    expect(await leftBefore(origin)).toMatchObject({ waiting: 0, isExact: true });
  });

  it('is looked through up to some MB: of one that is larger it is not told that nothing is left from before a fence', async () => {
    await settleWithFollowUps(partitions, origin, [AWAY]);
    await moveAll();
    // What is entered later has a later id.
    await new Promise((resolve) => setTimeout(resolve, 2));
    await origin.writes.run('fence', [origin.keys.events, origin.keys.counters], [2]);
    const late = `1-${Date.now() + 60_000}-0 r1`;
    const fill = async () => {
      const text = 'x'.repeat(1024 * 1024);
      for (let nth = 0; nth < 16; nth += 1) await origin.redis.xadd(origin.keys.outbox, '*', 'of', late, 'text', text);
    };
    await origin.redis.xadd(origin.keys.outbox, '*', 'of', late);
    expect(await leftBefore(origin)).toMatchObject({ waiting: 0, isExact: true });
    await fill();
    expect(await leftBefore(origin)).toMatchObject({ waiting: 0, isExact: false });
  });

  it('is emptied although the record of what it comes from has had its time', async () => {
    const [ref = ''] = await settleWithFollowUps(partitions, origin, [AWAY]);
    await origin.redis.del(origin.keys.record(ref));
    expect(await moveAll()).toMatchObject({ arrived: 1 });
    expect(await origin.redis.exists(origin.keys.record(ref))).toBe(0);
  });
});
