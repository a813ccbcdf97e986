import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@millrace/runtime';
import {
  claimIdle,
  createAppender,
  createGroup,
  createKeys,
  createSettler,
  type Entry,
  type EntrySource,
  FIRST_CURSOR,
  openBlockingSource,
  type Stream,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { Heartbeat } from '../src/heartbeat.js';
import { HeldEntries } from '../src/held-entries.js';
import { anEvent, openTestStream } from './start-consuming.js';

const ME = 'consumer-1';
const detail = { version: 'v1', effects: [] };

let server: RedisServer;
let stream: Stream;
let source: EntrySource;

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

async function readNewEntry(id: string): Promise<Entry> {
  await createAppender(stream, { maxBacklog: 10, deadlineMs: 60_000 }).append(anEvent(id));
  const entry = await waitUntil(async () => (await source.read(1))[0], 'an entry is read');
  if (entry.kind !== 'entry') throw new Error(entry.problem);
  return entry;
}

const partitions = () => ({ home: stream, all: [stream], ofRef: () => stream });

describe('Heartbeat', () => {
  it('takes an entry that was settled right before the beat for settled, not for lost', async () => {
    const held = new HeldEntries(1);
    const entry = await readNewEntry('settled');
    const hold = held.hold(entry);
    const settlement = { entry, routes: ['r'], outcomes: [{ route: 'r', state: 'done', attempt: 1, detail } as const] };
    const settled = createSettler(stream, ME).settle(settlement);
    // Its settlement has been sent, the beat follows on the same connection: both are answered together.
    await nextTurn();
    const heartbeat = new Heartbeat(partitions(), ME, held, 60_000, createLogger('test', 'silent'));
    heartbeat.start();
    await settled;
    // The handler has a few steps to go before it lets the entry go.
    for (let step = 0; step < 20; step++) await Promise.resolve();
    held.letGo(hold);
    await heartbeat.stop();
    expect(hold.signal.aborted).toBe(false);
  });

  it('ends the handler of an entry that another consumer has claimed', async () => {
    const held = new HeldEntries(1);
    const { signal } = held.hold(await readNewEntry('claimed'));
    const claimed = await claimIdle(stream, 'consumer-2', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 10 });
    expect(claimed.entries).toHaveLength(1);
    const heartbeat = new Heartbeat(partitions(), ME, held, 60_000, createLogger('test', 'silent'));
    heartbeat.start();
    await waitUntil(() => signal.aborted, 'the handler is ended');
    await heartbeat.stop();
  });

  it('renews, and ends what was lost, in the partitions that answer; in others nobody is taken for gone', async () => {
    const broken = await openTestStream(server.url);
    await broken.close();
    const away = { ...broken, keys: createKeys('test', '1') };
    const partitions = { home: stream, all: [stream, away], ofRef: (ref: string) => (ref[0] === '1' ? away : stream) };
    const held = new HeldEntries(2);
    const lost = held.hold(await readNewEntry('lost'));
    const unknown = held.hold({ ...lost.entry, ref: '1-5-0' });
    await claimIdle(stream, 'consumer-2', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 10 });
    const heartbeat = new Heartbeat(partitions, ME, held, 60_000, createLogger('test', 'silent'));
    heartbeat.start();
    await waitUntil(() => lost.signal.aborted, 'the handler of what was lost is ended');
    expect(unknown.signal.aborted).toBe(false);
    expect([heartbeat.isIdleTrusted(stream), heartbeat.isIdleTrusted(away)]).toEqual([true, false]);
    await heartbeat.stop();
  });

  it('renews in the partitions that answer at its own pace, while another leaves it without an answer', async () => {
    const silent = await startRedisServer();
    const away = { ...(await openTestStream(silent.url)), keys: createKeys('test', '1') };
    await createGroup(away);
    // What is asked of it there is never given up: only its answer ends it.
    delete away.redis.options.commandTimeout;
    const partitions = { home: stream, all: [stream, away], ofRef: (ref: string) => (ref[0] === '1' ? away : stream) };
    const held = new HeldEntries(2);
    const near = held.hold(await readNewEntry('near'));
    held.hold({ ...near.entry, ref: '1-5-0' });
    const heartbeat = new Heartbeat(partitions, ME, held, 20, createLogger('test', 'silent'));
    silent.freeze();
    try {
      const before = await countRenewals();
      heartbeat.start();
      await waitUntil(async () => (await countRenewals()) >= before + 5, 'five beats have come through');
    } finally {
      silent.thaw();
      await heartbeat.stop();
      await away.close();
      await silent.stop();
    }
  });
});

async function countRenewals(): Promise<number> {
  return Number(/^cmdstat_xclaim:calls=(\d+)/m.exec(await stream.redis.info('commandstats'))?.[1] ?? 0);
}
