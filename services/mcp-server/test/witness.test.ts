import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Witness } from '../src/witness.js';

const NOW = () => new Date('2026-01-02T03:04:05.678Z');

let dir: string;
let file: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-witness-'));
  file = join(dir, 'deeper', 'witness.jsonl');
});

afterEach(() => rm(dir, { recursive: true, force: true }));

function callOf(eventId: string, tool = 'card.charge') {
  return { tool, eventId, key: 'k', argsDigest: 'd' };
}

describe('Witness', () => {
  it('has every entry in the file once `written` resolves', async () => {
    const witness = await Witness.open(file, NOW);
    const n = witness.recordRequest(callOf('e-1'));
    witness.recordEffect(callOf('e-1'), n);
    await witness.written();
    const lines = (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const shared = { at: '2026-01-02T03:04:05.678Z', tool: 'card.charge', eventId: 'e-1', key: 'k', argsDigest: 'd' };
    expect(lines).toEqual([
      { n: 1, kind: 'request', ...shared },
      { n: 2, kind: 'effect', requestN: 1, ...shared },
    ]);
    await witness.close();
  });

  it('continues n and its counts after a restart, past a torn last line', async () => {
    const first = await Witness.open(file, NOW);
    first.recordEffect(callOf('e-1'), first.recordRequest(callOf('e-1')));
    await first.close();
    await appendFile(file, '{"n":3,"kind":"requ');
    const second = await Witness.open(file, NOW);
    expect(second.recordRequest(callOf('e-1'), 'hang')).toBe(3);
    const { items, ...tally } = await second.entriesOf('e-1');
    expect(items.map(({ n }) => n)).toEqual([1, 2, 3]);
    const counts = { requests: 2, stopped: 1, effects: 1 };
    expect(tally).toEqual({ ...counts, tools: { 'card.charge': counts }, truncated: false });
    await second.close();
  });

  it.each([
    ['a line that is no entry', '{"n":1}\n'],
    ['a gap', `${JSON.stringify({ n: 2, at: '', kind: 'request', tool: 't', eventId: '', argsDigest: '' })}\n`],
  ])('refuses to continue a file with %s', async (_what, content) => {
    const damaged = join(dir, 'damaged.jsonl');
    await writeFile(damaged, content);
    await expect(Witness.open(damaged, NOW)).rejects.toMatchObject({ code: 'WITNESS_DAMAGED' });
  });

  it('pages through one kind of entry without leaving any out', async () => {
    const witness = await Witness.open(file, NOW);
    for (let at = 0; at < 1_000; at += 1) {
      const n = witness.recordRequest(callOf(`e-${at}`));
      if (at % 3 === 0) witness.recordEffect(callOf(`e-${at}`), n);
    }
    const seen: string[] = [];
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page = await witness.page('effect', after, 7);
      expect(page.items.length).toBeLessThanOrEqual(7);
      seen.push(...page.items.map(({ eventId }) => eventId));
      after = page.next;
    }
    expect(seen).toEqual(Array.from({ length: 334 }, (_, at) => `e-${at * 3}`));
    expect(await witness.page('effect', 5_000, 7)).toEqual({ items: [] });
    await witness.close();
  });

  it('pages through the counts by event, in the order events were first seen', async () => {
    const witness = await Witness.open(file, NOW);
    for (const eventId of ['b', 'a', '__proto__', 'b']) witness.recordRequest(callOf(eventId));
    const first = witness.counts(0, 2);
    expect(Object.entries(first.counts).map(([id, { requests }]) => [id, requests])).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
    const second = witness.counts(first.next ?? 0, 2);
    expect(Object.keys(second.counts)).toEqual(['__proto__']);
    expect(second.next).toBeUndefined();
    await witness.close();
  });

  it('says how many entries it could not count by event', async () => {
    const witness = await Witness.open(file, NOW, 1);
    for (const eventId of ['a', 'b', 'a']) witness.recordRequest(callOf(eventId));
    expect(witness.summary()).toEqual({ lastN: 3, requests: 3, stopped: 0, effects: 0, events: 1, uncounted: 1 });
    await witness.close();
  });
});
