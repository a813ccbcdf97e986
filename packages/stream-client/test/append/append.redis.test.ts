import { beforeEach, describe, expect, it } from '@jest/globals';
import { contentHashOf, type Event } from '@millrace/events';
import { type Appender, createAppender, openBlockingSource, readRecord } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { anEvent } from '../open-test-stream.js';
import { server, setStage, stream } from '../stage.js';

let appender: Appender;

const append = (event: Event, by = appender) => by.append(event, contentHashOf(event));

setStage();

beforeEach(async () => {
  appender = createAppender(stream, { maxBacklog: 1_000, deadlineMs: 60_000 });
});

describe('append', () => {
  it('appends an event once: a repeat is a duplicate with the first ref', async () => {
    const first = await append(anEvent('a'));
    const second = await append(anEvent('a'));
    expect(first.kind).toBe('accepted');
    expect(second).toEqual({ ...first, kind: 'duplicate' });
    expect(await stream.redis.xlen(stream.keys.events)).toBe(1);
  });

  it('refuses other content under the same source and id as a conflict, and writes nothing', async () => {
    const first = await append(anEvent('a', { total: 1 }));
    const second = await append(anEvent('a', { total: 2 }));
    expect(second).toEqual({ ...first, kind: 'conflict' });
    expect(await stream.redis.xlen(stream.keys.events)).toBe(1);
  });

  it('recognises repeats and conflicts among events of one round trip', async () => {
    const events = [anEvent('a', 1), anEvent('a', 1), anEvent('a', 2), anEvent('b', 1)];
    const results = await Promise.all(events.map((event) => append(event)));
    expect(results.map(({ kind }) => kind)).toEqual(['accepted', 'duplicate', 'conflict', 'accepted']);
    expect(await stream.redis.xlen(stream.keys.events)).toBe(2);
  });

  it('lets concurrent appends share round trips and numbers them in their order', async () => {
    const sizes: number[] = [];
    const counting = createAppender(stream, { maxBacklog: 1_000, deadlineMs: 60_000, onBatch: (n) => sizes.push(n) });
    await Promise.all(Array.from({ length: 300 }, (_, i) => append(anEvent(`e${i}`), counting)));
    expect(sizes.length).toBeLessThan(10);
    const source = await openBlockingSource(stream, 'me', 50);
    const entries = await source.read(300);
    await source.close();
    const places = entries.map((entry) => entry.kind === 'entry' && [entry.seq, entry.event.id]);
    expect(places).toEqual(Array.from({ length: 300 }, (_, i) => [i + 1, `e${i}`]));
  });

  it('refuses new events when the backlog is full, and still answers repeats', async () => {
    const small = createAppender(stream, { maxBacklog: 2, deadlineMs: 60_000 });
    const results = await Promise.all(['a', 'b', 'c', 'a'].map((id) => append(anEvent(id), small)));
    expect(results.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'backlog-full', 'duplicate']);
    expect(await stream.redis.xlen(stream.keys.events)).toBe(2);
  });

  it('refuses new events before Redis is full, and takes them again when there is room', async () => {
    await append(anEvent('first'));
    const used = Number(/^used_memory:(\d+)/m.exec(await stream.redis.info('memory'))?.[1]);
    const guarded = createAppender(stream, { maxBacklog: 1_000, deadlineMs: 60_000, maxMemoryRatio: 0.8 });
    const kindOf = async (id: string) => (await append(anEvent(id), guarded)).kind;
    let n = 0;
    const untilKind = (kind: string) =>
      waitUntil(async () => (await kindOf(`m-${n++}`)) === kind, `append says ${kind}`);
    await stream.redis.config('SET', 'maxmemory', Math.round(used * 1.15));
    try {
      await untilKind('memory-high');
      // It is the guard that refuses, not Redis.
      expect(await stream.redis.set('there is', 'room')).toBe('OK');
    } finally {
      await stream.redis.config('SET', 'maxmemory', '0');
    }
    await untilKind('accepted');
  });

  it('keeps data byte for byte', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 34, 92, 195, 40]);
    const event: Event = { ...anEvent('bin'), data: { kind: 'bytes', bytes } };
    const result = await append(event);
    const record = await readRecord(stream, result.kind === 'accepted' ? result.ref : '');
    expect(record?.event).toEqual(event);
    expect(record?.state).toBe('open');
  });

  it('never outlasts its deadline, however many appends wait for a frozen Redis', async () => {
    await append(anEvent('warm-up'));
    const hurried = createAppender(stream, { maxBacklog: 1_000, deadlineMs: 100 });
    server.freeze();
    let isPingPending = true;
    const ping = stream.redis.ping().finally(() => {
      isPingPending = false;
    });
    const events = Array.from({ length: 300 }, (_, i) => anEvent(`late-${i}`));
    const results = await Promise.allSettled(events.map((event) => append(event, hurried)));
    // A single command waits longer than that for its answer.
    expect(isPingPending).toBe(true);
    const codes = results.map((result) => result.status === 'rejected' && result.reason.code);
    expect(new Set(codes)).toEqual(new Set(['STREAM_UNAVAILABLE']));
    server.thaw();
    await ping;
    await hurried.drain();
  });

  it('appends once when Redis is frozen while it answers, however often the sender repeats', async () => {
    await append(anEvent('warm-up'));
    server.freeze();
    const impatient = createAppender(stream, { maxBacklog: 1_000, deadlineMs: 2_500 });
    await expect(append(anEvent('frozen'), impatient)).rejects.toMatchObject({ code: 'STREAM_UNAVAILABLE' });
    server.thaw();
    const repeated = await append(anEvent('frozen'));
    expect(['accepted', 'duplicate']).toContain(repeated.kind);
    const entries = await stream.redis.xrange(stream.keys.events, '-', '+');
    expect(entries.filter(([, flat]) => flat.some((value) => value.includes('"id":"frozen"')))).toHaveLength(1);
  });
});
