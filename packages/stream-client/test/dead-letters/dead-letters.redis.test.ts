import { describe, expect, it } from '@jest/globals';
import { identityOf } from '@millrace/events';

import {
  createSettler,
  discardDeadLetter,
  type Entry,
  getDeadLetter,
  listDeadLetters,
  openBlockingSource,
  readRecord,
  redriveDeadLetter,
  sampleStream,
} from '@millrace/stream-client';
import { appendAll } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

setStage();

async function read(count: number): Promise<Entry[]> {
  const source = await openBlockingSource(stream, 'me', 50);
  const entries = (await source.read(count)) as Entry[];
  await source.close();
  return entries;
}

/** Appends events and gives each of them up, at attempt 3. */
async function killAll(ids: readonly string[]): Promise<string[]> {
  const refs = await appendAll(stream, ids);
  const settler = createSettler(stream, 'me');
  for (const entry of await read(ids.length)) {
    const error = { code: 'TOOL_TIMEOUT', message: 'no answer within 10000 ms' };
    const detail = { version: 'v1', effects: [], reason: 'attempts-exhausted', error };
    const outcomes = [{ route: 'score.order', state: 'dead', attempt: 3, detail }] as const;
    await settler.settle({ entry, routes: ['score.order'], outcomes });
  }
  return refs;
}

describe('dead letters', () => {
  it('keep the original event, the reason, the attempts and the last error, though the stream is trimmed', async () => {
    const [ref = ''] = await killAll(['a']);
    await stream.redis.xtrim(stream.keys.events, 'MAXLEN', 0);
    const letter = await getDeadLetter(stream, `${ref}.score.order`);
    expect(letter).toMatchObject({
      ref,
      event: { id: 'a', data: { bytes: Buffer.from('{"total":5}') } },
      delivery: { reason: 'attempts-exhausted', attempts: 3, error: { code: 'TOOL_TIMEOUT' } },
    });
    expect((await readRecord(stream, ref))?.state).toBe('dead');
  });

  it('never expire by themselves, and neither does the identity of their event', async () => {
    const [ref = ''] = await killAll(['a']);
    const letter = await getDeadLetter(stream, `${ref}.score.order`);
    const identity = identityOf(letter?.event ?? { source: '', id: '' });
    expect(await stream.redis.pttl(stream.keys.record(ref))).toBe(-1);
    expect(await stream.redis.pttl(stream.keys.identity(identity))).toBe(-1);
  });

  it('are listed in pages, the latest first, each exactly one time', async () => {
    const refs = await killAll(['a', 'b', 'c', 'd', 'e']);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listDeadLetters(stream, { limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...(page?.items ?? []).map(({ ref }) => ref));
      cursor = page?.next;
    } while (cursor !== undefined);
    expect(seen).toEqual([...refs].reverse());
  });

  it('are refused for a cursor that is none', async () => {
    expect(await listDeadLetters(stream, { limit: 2, cursor: 'nonsense' })).toBeUndefined();
  });

  it('are redriven as a new attempt with a fresh budget, once', async () => {
    const [ref = ''] = await killAll(['a']);
    expect(await redriveDeadLetter(stream, `${ref}.score.order`)).toBe('redriven');
    expect(await redriveDeadLetter(stream, `${ref}.score.order`)).toBe('not-found');
    expect(await readRecord(stream, ref)).toMatchObject({ state: 'open', deliveries: [{ state: 'waiting' }] });
    const [entry] = await read(1);
    expect(entry).toMatchObject({ ref, retry: { route: 'score.order', attempt: 4, redrivenAt: 3 } });
    expect(await sampleStream(stream)).toMatchObject({ deadLetters: 0, backlog: 1 });
  });

  it('are discarded for good, leaving a dead record that expires', async () => {
    const [ref = ''] = await killAll(['a']);
    expect(await discardDeadLetter(stream, `${ref}.score.order`)).toBe('discarded');
    expect(await discardDeadLetter(stream, `${ref}.score.order`)).toBe('not-found');
    expect((await readRecord(stream, ref))?.state).toBe('dead');
    expect(await stream.redis.pttl(stream.keys.record(ref))).toBeGreaterThan(0);
  });

  it('are not found under an id that is none', async () => {
    expect(await getDeadLetter(stream, 'nonsense')).toBeUndefined();
    expect(await redriveDeadLetter(stream, '0-1-1.other')).toBe('not-found');
  });
});
