import { describe, expect, it } from '@jest/globals';
import {
  createSettler,
  type Entry,
  GROUP,
  openBlockingSource,
  promoteDue,
  sampleServer,
  sampleStream,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { appendAll } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

const ME = 'me';
const HOUR_MS = 3_600_000;

setStage(['--stream-node-max-entries', '1', '--maxmemory', '50mb']);

async function ready(): Promise<number> {
  return (await sampleStream(stream)).ready;
}

/** Appends one event, and has its one delivery wait for its next attempt. */
async function putOff(id: string, delayMs: number): Promise<void> {
  await appendAll(stream, [id]);
  const source = await openBlockingSource(stream, ME, 50);
  const [entry] = await source.read(1);
  await source.close();
  const detail = { version: 'v1', effects: [] };
  await createSettler(stream, ME).settle({
    entry: entry as Entry,
    routes: ['r'],
    outcomes: [{ route: 'r', state: 'retrying', attempt: 1, detail, delayMs, unsent: 0 }],
  });
}

describe('what sampleStream finds ready', () => {
  it('is nothing in an empty stream', async () => {
    expect(await ready()).toBe(0);
  });

  it('is what nobody has read, and what was read and is not settled', async () => {
    await appendAll(stream, ['a', 'b', 'c']);
    expect(await ready()).toBe(3);
    const source = await openBlockingSource(stream, ME, 50);
    await source.read(2);
    await source.close();
    expect(await sampleStream(stream)).toMatchObject({ pending: 2, lag: 1, ready: 3 });
  });

  it('is not a delivery that waits for its next attempt, until it is due', async () => {
    await putOff('later', HOUR_MS);
    expect(await sampleStream(stream)).toMatchObject({ backlog: 1, retrying: 1, ready: 0 });
    await putOff('soon', 30);
    await waitUntil(async () => (await ready()) === 1, 'the second retry is due');
    await promoteDue(stream, 10);
    expect(await sampleStream(stream)).toMatchObject({ lag: 1, retrying: 1, ready: 1 });
  });

  it('is not what waits for an answer, until that has expired', async () => {
    await stream.redis.zadd(stream.keys.parked, Date.now() + HOUR_MS, '0-1-1 r');
    expect(await ready()).toBe(0);
    await stream.redis.zadd(stream.keys.parked, Date.now() - HOUR_MS, '0-1-1 r');
    expect(await ready()).toBe(1);
  });

  it('is known by the counter of open work while Redis cannot tell the lag', async () => {
    await putOff('later', HOUR_MS);
    await appendAll(stream, ['a', 'b', 'c']);
    const [[middle] = ['']] = (await stream.redis.xrange(stream.keys.events, '-', '+')).slice(-2);
    await stream.redis.xdel(stream.keys.events, middle);
    const { lag, ready } = await sampleStream(stream);
    expect([lag, ready]).toEqual([undefined, 3]);
  });
});

describe('sampleStream', () => {
  it('accounts for every accepted event', async () => {
    await appendAll(stream, ['a', 'b', 'c']);
    await stream.redis.xreadgroup('GROUP', GROUP, 'x', 'COUNT', 1, 'STREAMS', stream.keys.events, '>');
    const facts = { length: 3, backlog: 3, pending: 1, lag: 2, unaccounted: 0, trimmedUnread: 0 };
    expect(await sampleStream(stream)).toMatchObject(facts);
  });

  it('tells of events that somebody removed before they were read, and then of events that are nowhere', async () => {
    const [, , third = ''] = await appendAll(stream, ['a', 'b', 'c']);
    await stream.redis.xtrim(stream.keys.events, 'MINID', third.replace(/^0-/, ''));
    expect(await sampleStream(stream)).toMatchObject({ length: 1, backlog: 3, trimmedUnread: 2 });
    await stream.redis.xreadgroup('GROUP', GROUP, 'x', 'COUNT', 9, 'STREAMS', stream.keys.events, '>');
    expect(await sampleStream(stream)).toMatchObject({ pending: 1, unaccounted: 2 });
  });

  it('tells of entries that nobody accepted', async () => {
    await stream.redis.xadd(stream.keys.events, '*', 'not', 'ours');
    expect(await sampleStream(stream)).toMatchObject({ unaccounted: -1 });
  });

  it('throws STREAM_GROUP_MISSING when the group is gone', async () => {
    await stream.redis.del(stream.keys.events);
    await expect(sampleStream(stream)).rejects.toMatchObject({ code: 'STREAM_GROUP_MISSING' });
  });
});

describe('sampleServer', () => {
  it('says how much memory Redis uses and may use, and that it writes', async () => {
    const sample = await sampleServer(stream);
    expect(sample).toMatchObject({ maxBytes: 50 * 2 ** 20, isAofWritten: true, evictedKeys: 0, connectedReplicas: 0 });
    expect(sample.usedBytes).toBeGreaterThan(0);
    expect(sample.clients).toBeGreaterThan(0);
  });
});
