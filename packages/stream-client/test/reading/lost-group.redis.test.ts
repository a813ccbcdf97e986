import { describe, expect, it } from '@jest/globals';
import {
  createEffectRecorder,
  createGroup,
  createSettler,
  type Entry,
  openBlockingSource,
  sampleStream,
} from '@millrace/stream-client';
import { GROUP } from '../../src/keys.js';
import { appendAll } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

setStage();

async function backlog(): Promise<number> {
  return Number(await stream.redis.hget(stream.keys.counters, 'backlog'));
}

async function readOne(consumer: string): Promise<Entry> {
  const source = await openBlockingSource(stream, consumer, 100);
  const [entry] = await source.read(1);
  await source.close();
  if (entry?.kind !== 'entry') throw new Error('nothing was read');
  return entry;
}

describe('createGroup', () => {
  it('leaves a group that is there as it is', async () => {
    await appendAll(stream, ['a', 'b']);
    expect(await createGroup(stream)).toEqual({ kind: 'there' });
    expect(await backlog()).toBe(2);
  });

  it('tells how much was lost with a stream that was deleted, and the backlog is free of it', async () => {
    await appendAll(stream, ['a', 'b', 'c']);
    await stream.redis.del(stream.keys.events);
    expect(await createGroup(stream)).toEqual({ kind: 'made', lost: 3 });
    expect(await backlog()).toBe(0);
  });

  it('counts what was appended after the loss', async () => {
    await appendAll(stream, ['a', 'b', 'c']);
    await stream.redis.del(stream.keys.events);
    await appendAll(stream, ['d']);
    expect(await createGroup(stream)).toEqual({ kind: 'made', lost: 3 });
    expect(await backlog()).toBe(1);
  });

  it('counts what waits for an answer beside the stream as open, not as lost', async () => {
    await appendAll(stream, ['a', 'b']);
    const entry = await readOne('me');
    const detail = { version: '1', effects: [] };
    const parked = { route: 'r', state: 'parked', attempt: 1, detail, delayMs: 60_000 } as const;
    await createSettler(stream, 'me').settle({ entry, routes: ['r'], outcomes: [parked] });
    await stream.redis.del(stream.keys.events);
    expect(await createGroup(stream)).toEqual({ kind: 'made', lost: 1 });
    expect(await sampleStream(stream)).toMatchObject({ parked: 1, backlog: 1, unaccounted: 0 });
  });

  it('has everything read again that is in the stream, and the backlog says so', async () => {
    await appendAll(stream, ['a', 'b']);
    const entry = await readOne('me');
    await stream.redis.xack(stream.keys.events, GROUP, entry.id);
    await stream.redis.xgroup('DESTROY', stream.keys.events, GROUP);
    expect(await createGroup(stream)).toEqual({ kind: 'made', lost: 0 });
    expect(await backlog()).toBe(2);
    expect((await readOne('me')).id).toBe(entry.id);
  });
});

describe('an effect that was begun before the group was destroyed', () => {
  const start = (entry: Entry) => ({ entry, route: 'r', step: '0', isStart: true, value: '{"state":"sent"}' });

  it('is not begun a second time by who reads the entry as if it were new', async () => {
    await appendAll(stream, ['a']);
    const effects = createEffectRecorder(stream, 'me');
    const entry = await readOne('me');
    expect(await effects.record(start(entry))).toBe('recorded');
    await stream.redis.xgroup('DESTROY', stream.keys.events, GROUP);
    await createGroup(stream);
    const again = await readOne('me');
    expect(again).toMatchObject({ id: entry.id, wasHeld: false });
    expect(await effects.record(start(again))).toBe('known');
    expect(await effects.record({ ...start(again), entry: { ...again, wasHeld: true } })).toBe('recorded');
  });
});
