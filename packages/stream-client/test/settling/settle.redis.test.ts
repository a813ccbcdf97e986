import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createFollowUp, identityOf } from '@millrace/events';
import {
  claimIdle,
  createGroup,
  createSettler,
  type Entry,
  type EntrySource,
  FIRST_CURSOR,
  GROUP,
  type Outcome,
  openBlockingSource,
  promoteDue,
  readRecord,
  renewLeases,
  type Settlement,
  type Stream,
  sampleStream,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { readFields } from '../../src/records/read-fields.js';
import { appendAll, openTestStream } from '../open-test-stream.js';

let server: RedisServer;
let stream: Stream;
let source: EntrySource;

const ME = 'consumer-1';
const detail = { version: 'v1', effects: [], result: { ok: true } };

beforeAll(async () => {
  server = await startRedisServer();
  stream = await openTestStream(server.url);
  source = await openBlockingSource(stream, ME, 50);
});

afterAll(async () => {
  await source.close();
  await stream.close();
  await server.stop();
});

beforeEach(async () => {
  await stream.redis.flushall();
  await createGroup(stream);
});

async function readOne(): Promise<Entry> {
  const entry = await waitUntil(async () => (await source.read(1))[0], 'an entry is read');
  if (entry.kind !== 'entry') throw new Error(entry.problem);
  return entry;
}

function settlement(entry: Entry, outcomes: readonly Outcome[], routes = ['r']): Settlement {
  return { entry, routes, outcomes };
}

function done(route = 'r', attempt = 1): Outcome {
  return { route, state: 'done', attempt, detail };
}

describe('settle', () => {
  it('writes the same record for a first delivery that is done, however much more it is told', async () => {
    await appendAll(stream, ['plain', 'full', 'noted']);
    const [plain, full, noted] = [await readOne(), await readOne(), await readOne()];
    // A handler that takes long has had its delivery noted as running.
    const lease = { entryId: noted.id, deliveryCount: 1, ref: noted.ref, running: [{ route: 'r', attempt: 1 }] };
    expect(await renewLeases(stream, ME, [lease])).toEqual([]);
    const settler = createSettler(stream, ME);
    const more = { ...done(), effects: [{ step: '0', value: '{}' }] };
    const settled = [settlement(plain, [done()]), settlement(full, [more]), settlement(noted, [done()])];
    expect(await Promise.all(settled.map((one) => settler.settle(one)))).toEqual(['settled', 'settled', 'settled']);

    const records = await Promise.all([plain, full, noted].map(({ ref }) => readFields(stream, ref)));
    const texts = records.map((fields) =>
      Object.fromEntries([...fields].map(([name, value]) => [name, String(value)])),
    );
    const [first, ...others] = texts.map(({ 'effect:r:0': _effect, ...fields }) => fields);
    expect(first).toMatchObject({
      'state:r': expect.stringMatching(/^done 1 1 \d+ $/),
      open: '0',
    });
    for (const other of others) expect(other).toEqual(first);
    for (const { ref, event } of [plain, full, noted]) {
      expect(await stream.redis.pttl(stream.keys.record(ref))).toBeGreaterThan(100_000);
      expect(await stream.redis.pttl(stream.keys.identity(identityOf(event)))).toBeGreaterThan(50_000);
    }
    expect(await stream.redis.hget(stream.keys.counters, 'backlog')).toBe('0');
  });

  it('tells each of those that settle together its own answer, however much it is told', async () => {
    await appendAll(stream, ['a', 'b', 'c', 'd', 'e']);
    const entries = [await readOne(), await readOne(), await readOne(), await readOne(), await readOne()];
    const [a, b, c, d, e] = entries as [Entry, Entry, Entry, Entry, Entry];
    const settler = createSettler(stream, ME);
    const more = { ...done(), effects: [{ step: '0', value: '{}' }] };
    const stale = (entry: Entry) => ({ ...entry, deliveryCount: 2 });
    const other = { ...done('other'), detail: { ...detail, result: 'of its own' } };
    const settled = [
      settlement(stale(a), [more]),
      settlement(b, [done()]),
      settlement(stale(c), [done()]),
      settlement(d, [more]),
      settlement(e, [other], ['other']),
    ];
    const replies = await Promise.all(settled.map((one) => settler.settle(one)));
    expect(replies).toEqual(['not-owned', 'settled', 'not-owned', 'settled', 'settled']);
    const records = await Promise.all(entries.map(({ ref }) => readRecord(stream, ref)));
    expect(records.map((record) => record?.state)).toEqual(['open', 'done', 'open', 'done', 'done']);
    expect(records[4]?.deliveries).toMatchObject([{ route: 'other', result: 'of its own' }]);
  });

  it('acknowledges with the last delivery of an entry, and not before', async () => {
    const [ref = ''] = await appendAll(stream, ['a']);
    const entry = await readOne();
    const settler = createSettler(stream, ME);
    expect(await settler.settle(settlement(entry, [done('r1')], ['r1', 'r2']))).toBe('settled');
    expect((await sampleStream(stream)).pending).toBe(1);
    expect(await readRecord(stream, ref)).toMatchObject({
      state: 'open',
      deliveries: [
        { route: 'r1', state: 'done', attempts: 1, starts: 1, result: { ok: true } },
        { route: 'r2', state: 'waiting', attempts: 0 },
      ],
    });
    expect(await settler.settle(settlement(entry, [done('r2')], ['r1', 'r2']))).toBe('settled');
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, backlog: 0 });
    expect(await readRecord(stream, ref)).toMatchObject({ state: 'done', finishedAt: expect.any(Date) });
  });

  it('changes nothing for a consumer that no longer holds the entry', async () => {
    const [ref = ''] = await appendAll(stream, ['a']);
    const entry = await readOne();
    const claimed = await claimIdle(stream, 'consumer-2', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 10 });
    const reply = await createSettler(stream, ME).settle(settlement(entry, [done()]));
    expect(reply).toBe('not-owned');
    expect((await sampleStream(stream)).pending).toBe(1);
    expect((await readRecord(stream, ref))?.deliveries).toEqual([]);
    const taken = claimed.entries[0] as Entry;
    expect(taken.deliveryCount).toBe(2);
    expect(await createSettler(stream, 'consumer-2').settle(settlement(taken, [done()]))).toBe('settled');
    expect((await readRecord(stream, ref))?.deliveries).toMatchObject([{ state: 'done', attempts: 1, starts: 2 }]);
  });

  it('changes nothing for a consumer that holds the entry again under a higher delivery count', async () => {
    await appendAll(stream, ['a']);
    const stale = await readOne();
    await claimIdle(stream, ME, { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 10 });
    expect(await createSettler(stream, ME).settle(settlement(stale, [done()]))).toBe('not-owned');
  });

  it('takes effect once when it is repeated after a lost reply', async () => {
    const [ref = ''] = await appendAll(stream, ['a']);
    const entry = await readOne();
    const settler = createSettler(stream, ME);
    const partial = settlement(entry, [{ ...done('r1'), state: 'dead' }], ['r1', 'r2']);
    await settler.settle(partial);
    await settler.settle(partial);
    await settler.settle(settlement(entry, [done('r2')], ['r1', 'r2']));
    expect((await readRecord(stream, ref))?.state).toBe('dead');
    expect((await sampleStream(stream)).deadLetters).toBe(1);
  });

  it('emits follow-ups together with the outcome, once, and names them in the record', async () => {
    const [ref = ''] = await appendAll(stream, ['a']);
    const entry = await readOne();
    const data = { kind: 'json', bytes: Buffer.from('{"n":1}') } as const;
    const followUp = createFollowUp(entry.event, 'r', { type: 'com.test.followed', data });
    if (followUp === undefined) throw new Error('the hop limit cannot be reached yet');
    await createSettler(stream, ME).settle(settlement(entry, [{ ...done(), followUps: [followUp] }]));
    const next = await readOne();
    expect(next.event).toEqual(followUp);
    expect(next.event.attributes).toMatchObject({ causationid: 'a', correlationid: 'a', millracehops: 1 });
    expect((await readRecord(stream, ref))?.deliveries[0]?.followUps).toEqual([next.ref]);
    expect((await sampleStream(stream)).backlog).toBe(1);
  });

  it('puts a retry back with its own copy of the event, under the same ref, when it is due', async () => {
    const [ref = ''] = await appendAll(stream, ['a']);
    const entry = await readOne();
    const settler = createSettler(stream, ME);
    await settler.settle(settlement(entry, [{ ...done(), state: 'retrying', delayMs: 30 }]));
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, retrying: 1, backlog: 1 });
    expect(await readRecord(stream, ref)).toMatchObject({
      state: 'open',
      deliveries: [{ state: 'retrying', attempts: 1 }],
    });
    await stream.redis.xtrim(stream.keys.events, 'MAXLEN', 0);
    await waitUntil(async () => (await promoteDue(stream, 10)) === 1, 'the retry is due');
    const again = await readOne();
    expect(again).toMatchObject({ ref, event: entry.event, retry: { route: 'r', attempt: 2, redrivenAt: 0 } });
    await settler.settle(settlement(again, [done('r', 2)]));
    expect(await readRecord(stream, ref)).toMatchObject({ state: 'done', deliveries: [{ attempts: 2, starts: 2 }] });
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, retrying: 0, backlog: 0 });
  });

  it('is allowed when Redis is out of memory, where appending is refused', async () => {
    await appendAll(stream, ['a']);
    const entry = await readOne();
    await stream.redis.config('SET', 'maxmemory', '1mb');
    try {
      await expect(appendAll(stream, ['b'])).rejects.toMatchObject({ code: 'STREAM_UNAVAILABLE' });
      expect(await createSettler(stream, ME).settle(settlement(entry, [done()]))).toBe('settled');
    } finally {
      await stream.redis.config('SET', 'maxmemory', '0');
    }
  });

  it('gives record and identity their lifetimes only when the event is finished', async () => {
    const [ref = ''] = await appendAll(stream, ['a']);
    const entry = await readOne();
    const identity = stream.keys.identity(identityOf(entry.event));
    expect(await stream.redis.pttl(identity)).toBe(-1);
    await createSettler(stream, ME).settle(settlement(entry, [done()]));
    expect(await stream.redis.pttl(identity)).toBeGreaterThan(0);
    expect(await stream.redis.pttl(identity)).toBeLessThanOrEqual(60_000);
    expect(await stream.redis.pttl(stream.keys.record(ref))).toBeGreaterThan(60_000);
  });

  it('settles many entries in one round trip, each judged by itself', async () => {
    await appendAll(stream, ['a', 'b', 'c']);
    const entries = [await readOne(), await readOne(), await readOne()];
    await stream.redis.xclaim(stream.keys.events, GROUP, 'thief', 0, entries[1]?.id ?? '');
    const settler = createSettler(stream, ME);
    const replies = await Promise.all(entries.map((entry) => settler.settle(settlement(entry, [done()]))));
    expect(replies).toEqual(['settled', 'not-owned', 'settled']);
    expect(await sampleStream(stream)).toMatchObject({ pending: 1, backlog: 1 });
  });
});
