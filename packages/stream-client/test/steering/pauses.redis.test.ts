import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  announceConfiguration,
  createSettler,
  type EntrySource,
  listPauses,
  openBlockingSource,
  pause,
  promoteDue,
  readAnnounced,
  readRecord,
  resume,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { appendAll } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

let source: EntrySource;

setStage();

beforeEach(async () => {
  source = await openBlockingSource(stream, 'me', 20);
});

afterEach(() => source.close());

const route = { kind: 'route', name: 'score order' } as const;

describe('pause and resume', () => {
  it('are known until they are undone, with who and why', async () => {
    const made = await pause(stream, route, { from: '127.0.0.1', note: 'the till is being mended' });
    await pause(stream, { kind: 'server', name: 'aws' }, {});
    expect(await listPauses(stream)).toEqual([made, { kind: 'server', name: 'aws', at: expect.any(Date) }]);
    expect(Math.abs(Number(made?.at) - Date.now())).toBeLessThan(60_000);
    expect([await resume(stream, route), await resume(stream, route)]).toEqual([true, false]);
    expect(await listPauses(stream)).toMatchObject([{ name: 'aws' }]);
  });

  it('take the note that was said last, and no thousand and first', async () => {
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => pause(stream, { kind: 'route', name: `r${n}` }, {})));
    expect(await pause(stream, route, {})).toBeUndefined();
    expect(await pause(stream, { kind: 'route', name: 'r7' }, { note: 'again' })).toMatchObject({ note: 'again' });
    expect(await listPauses(stream)).toHaveLength(1_000);
  });
});

describe('announceConfiguration', () => {
  it('keeps the configurations that were announced last, and each once', async () => {
    const configuration = (version: string) => ({ version, routes: [`route-${version}`], servers: ['aws'] });
    for (const version of 'abcdefgh') await announceConfiguration(stream, configuration(version));
    const announcedAt = Date.now();
    await waitUntil(() => Date.now() > announcedAt + 1, 'another millisecond');
    await announceConfiguration(stream, configuration('a'));
    await announceConfiguration(stream, configuration('i'));
    const versions = (await readAnnounced(stream)).map(({ version }) => version).sort();
    expect(versions).toHaveLength(8);
    expect(versions).toEqual(expect.arrayContaining(['a', 'i']));
  });
});

/** Settles the next entry as a retry along `r` that is due at once. */
async function putOff(id: string): Promise<string> {
  const [ref = ''] = await appendAll(stream, [id]);
  const [entry] = await source.read(1);
  if (entry === undefined) throw new Error('there is nothing to read');
  const detail = { version: 'v', effects: [], error: { code: 'X', message: 'x' } };
  const outcome = { route: 'r', state: 'retrying', attempt: 1, detail, delayMs: 0, unsent: 0 } as const;
  await createSettler(stream, 'me').settle({ entry, routes: ['r'], outcomes: [outcome] });
  return ref;
}

describe('promoteDue', () => {
  it('leaves what is paused where it is, says so in its record, and moves the rest', async () => {
    const held = await putOff('held');
    const before = Date.now();
    const findPause = () => ({ kind: 'server', name: 'aws' }) as const;
    await waitUntil(async () => (await promoteDue(stream, 10, findPause)) === 1, 'it is looked at');
    const [delivery] = (await readRecord(stream, held))?.deliveries ?? [];
    expect(delivery).toMatchObject({ state: 'retrying', attempts: 1, paused: { kind: 'server', name: 'aws' } });
    expect(Number(delivery?.nextAt)).toBeGreaterThan(before);
    // It is not due for a while, so it is not looked at again.
    expect(await promoteDue(stream, 10, findPause)).toBe(0);
    expect(await source.read(10)).toEqual([]);
    await stream.redis.zadd(stream.keys.due, 1, `${held} r`);
    const free = await putOff('free');
    await waitUntil(async () => (await promoteDue(stream, 10)) > 0, 'both are moved');
    const refs = await waitUntil(async () => {
      const entries = await source.read(10);
      return entries.length > 0 && entries.map(({ ref }) => ref);
    }, 'they are read');
    expect(refs).toEqual([held, free]);
    const [moved] = (await readRecord(stream, held))?.deliveries ?? [];
    expect([moved?.state, moved?.paused]).toEqual(['waiting', undefined]);
  });
});
