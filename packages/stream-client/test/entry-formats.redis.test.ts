import { describe, expect, it } from '@jest/globals';
import { type Event, identityOf } from '@millrace/events';
import {
  claimIdle,
  createAppender,
  createSettler,
  type Entry,
  FIRST_CURSOR,
  openBlockingSource,
  promoteDue,
  readRecord,
  sampleStream,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { anEvent, openTestStream } from './open-test-stream.js';
import { server, setStage, stream } from './stage.js';

const ME = 'me';

setStage();

const EVENTS: readonly Event[] = [
  anEvent('json', { text: 'Grüße\nund 日本' }, { subject: 'ümlaut\n2 j 5' }),
  { ...anEvent('bytes'), data: { kind: 'bytes', bytes: Buffer.from([0, 10, 255, 13, 10, 0]) } },
  { ...anEvent('none'), data: undefined },
];

/** As the release before wrote it. */
async function appendInFormat1({ id, source, attributes, data }: Event, seq: number): Promise<void> {
  const kind = data === undefined ? '-' : data.kind === 'json' ? 'j' : 'b';
  const fields = ['format', '1', 'seq', seq, 'kind', kind, 'event', JSON.stringify(attributes)];
  const entryId = await stream.redis.xadd(stream.keys.events, '*', ...fields, 'data', data?.bytes ?? '');
  await stream.redis.set(stream.keys.identity(identityOf({ id, source })), `0-${entryId} hash`);
  await stream.redis.hincrby(stream.keys.counters, 'backlog', 1);
}

async function read(count: number): Promise<Entry[]> {
  const source = await openBlockingSource(stream, ME, 50);
  const entries = await source.read(count);
  await source.close();
  expect(entries).toHaveLength(count);
  return entries.map((entry) => {
    if (entry.kind !== 'entry') throw new Error(entry.problem);
    return entry;
  });
}

describe('entries', () => {
  it('of the release before and of this one are read, claimed, retried and shown side by side, to the byte', async () => {
    const appender = createAppender(stream, { maxBacklog: 100, deadlineMs: 60_000 });
    for (const event of EVENTS) await appender.append(event);
    const older = EVENTS.map((event) => {
      const id = `older-${event.id}`;
      return { ...event, id, attributes: { ...event.attributes, id } };
    });
    for (const [at, event] of older.entries()) await appendInFormat1(event, 4 + at);
    const all = [...EVENTS, ...older];

    const entries = await read(6);
    expect(entries.map(({ event, seq }) => [seq, event])).toEqual(all.map((event, at) => [1 + at, event]));
    for (const [at, { ref }] of entries.entries()) expect((await readRecord(stream, ref))?.event).toEqual(all[at]);
    const claimed = await claimIdle(stream, ME, { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 10 });
    expect(claimed.entries).toMatchObject(all.map((event) => ({ event, deliveryCount: 2, wasHeld: true })));

    const settler = createSettler(stream, ME);
    const detail = { version: 'v1', effects: [] };
    const outcomes = [{ route: 'r', state: 'retrying', attempt: 1, detail, delayMs: 0 } as const];
    for (const entry of claimed.entries) await settler.settle({ entry, routes: ['r'], outcomes });
    await waitUntil(async () => {
      await promoteDue(stream, 10);
      return (await sampleStream(stream)).retrying === 0;
    }, 'all retries are back in the stream');
    const again = await read(6);
    const byRef = new Map(again.map((entry) => [entry.ref, entry]));
    for (const [at, { ref, seq }] of entries.entries())
      expect(byRef.get(ref)).toMatchObject({ seq, event: all[at], retry: { route: 'r', attempt: 2 } });
  });

  it('are written as the release before wrote them where that is asked for, follow-ups too', async () => {
    const older = await openTestStream(server.url, { entryFormat: 1 });
    const appender = createAppender(older, { maxBacklog: 100, deadlineMs: 60_000 });
    for (const event of EVENTS) await appender.append(event);
    const entries = await read(3);
    expect(entries.map(({ event }) => event)).toEqual(EVENTS);
    const [entry] = entries;
    if (entry === undefined) throw new Error('nothing was read');
    const followUps = [anEvent('next')];
    const outcomes = [
      { route: 'r', state: 'done', attempt: 1, detail: { version: 'v1', effects: [] }, followUps } as const,
    ];
    await createSettler(older, ME).settle({ entry, routes: ['r'], outcomes });
    await older.close();
    const stored = await stream.redis.xrange(stream.keys.events, '-', '+');
    const names = ['format', 'seq', 'kind', 'event', 'data'];
    expect(stored.map(([, fields]) => fields.filter((_, at) => at % 2 === 0))).toEqual(Array(4).fill(names));
    expect((await read(1)).map(({ event, seq }) => [event.id, seq])).toEqual([['next', 4]]);
  });

  it.each(['', 'no head', '1 j 5', '1 j 99\n{}', '1 x 2\n{}', 'one j 2\n{}', '1 j 1\n{}'])(
    'that only look like those of this release are malformed, and become dead letters: %j',
    async (text) => {
      await stream.redis.xadd(stream.keys.events, '*', 'v2', text);
      const source = await openBlockingSource(stream, ME, 50);
      const [entry] = await source.read(1);
      await source.close();
      if (entry?.kind !== 'malformed') throw new Error('it was read as an event');
      const detail = { version: '', effects: [], reason: 'entry-malformed' };
      const outcomes = [{ route: '-', state: 'dead', attempt: 1, detail } as const];
      expect(await createSettler(stream, ME).settle({ entry, routes: ['-'], outcomes })).toBe('settled');
      expect(await readRecord(stream, entry.ref)).toMatchObject({ state: 'dead', event: undefined });
    },
  );
});
