import { describe, expect, it } from '@jest/globals';
import {
  countDeadLetters,
  type DeadLetterFilter,
  getDeadLetter,
  listDeadLetters,
  scanDeadLetters,
} from '@millrace/stream-client';
import { aDeadLetter, anUndecodableDeadLetter } from '../a-dead-letter.js';
import { setStage, stream } from '../stage.js';

setStage();

const ALL = Number.MAX_SAFE_INTEGER;

async function idsOf(filter: DeadLetterFilter): Promise<string[]> {
  const page = await listDeadLetters(stream, { limit: 50, filter });
  return (page?.items ?? []).map(({ id }) => id);
}

/** Puts that many letters without records into the index, all dead in the same ms. */
async function fillIndex(count: number): Promise<void> {
  const members = Array.from({ length: count }, (_, n) => [5, `0-1-${n} other`]).flat();
  await stream.redis.zadd(stream.keys.dead, ...members);
}

describe('a filter of dead letters', () => {
  it('takes those that meet every condition, in lists and in counts', async () => {
    const slow = await aDeadLetter(stream, 'a', { code: 'TOOL_TIMEOUT', message: 'No answer within 10 s' });
    const refused = await aDeadLetter(stream, 'b', { route: 'bill', reason: 'refused', code: 'TOOL_REFUSED' });
    const typed = await aDeadLetter(stream, 'c', { type: 'com.test.other', reason: 'refused' });
    const undecodable = await anUndecodableDeadLetter(stream);
    const cases: [DeadLetterFilter, string[]][] = [
      [{}, [undecodable, typed, refused, slow]],
      [{ route: 'bill' }, [refused]],
      [{ route: 'bil' }, []],
      [{ reason: 'refused' }, [typed, refused]],
      [{ reason: 'refused', type: 'com.test.happened' }, [refused]],
      [{ type: 'com.test.other' }, [typed]],
      [{ code: 'TOOL_REFUSED' }, [refused]],
      [{ text: 'WITHIN 10' }, [slow]],
      [{ route: '-' }, [undecodable]],
      [{ route: 'bill', reason: 'attempts-exhausted' }, []],
    ];
    for (const [filter, ids] of cases) {
      expect([filter, await idsOf(filter)]).toEqual([filter, ids]);
      expect(await countDeadLetters(stream, filter, ALL, 100)).toEqual({ kind: 'counted', count: ids.length });
    }
  });

  it('takes what died from `since` on, and before `until`', async () => {
    const early = await aDeadLetter(stream, 'a');
    const late = await aDeadLetter(stream, 'b');
    const deadAt = (await getDeadLetter(stream, late))?.deadAt ?? new Date(0);
    expect(await idsOf({ since: deadAt })).toEqual([late]);
    expect(await idsOf({ until: deadAt })).toEqual([early]);
    expect(await countDeadLetters(stream, { until: deadAt }, ALL, 100)).toEqual({ kind: 'counted', count: 1 });
    expect(await countDeadLetters(stream, {}, deadAt.getTime() - 1, 100)).toEqual({ kind: 'counted', count: 1 });
  });

  it('is not asked about more letters than a scan may look at, and goes on where it stopped', async () => {
    const first = await aDeadLetter(stream, 'a', { route: 'bill' });
    await stream.redis.zadd(stream.keys.dead, 1, first.replace('.', ' '));
    await fillIndex(1_000);
    const limits = { maxFound: 10, maxScanned: 450 };
    const seen: number[] = [];
    let scan = await scanDeadLetters(stream, { route: 'bill' }, limits);
    for (; scan.next !== undefined; scan = await scanDeadLetters(stream, { route: 'bill' }, limits, scan.next)) {
      seen.push(scan.scanned);
      expect(scan.found).toEqual([]);
    }
    expect(seen).toEqual([450, 450]);
    expect(scan).toMatchObject({ scanned: 101, found: [{ member: first.replace('.', ' ') }] });
  });

  it('gives a list a next page even where this one is empty', async () => {
    await fillIndex(2_500);
    const page = await listDeadLetters(stream, { limit: 5, filter: { code: 'NONE' } });
    expect(page).toEqual({ items: [], next: expect.any(String) });
    const cursor = page?.next ?? '';
    expect(await listDeadLetters(stream, { limit: 5, filter: { code: 'NONE' }, cursor })).toEqual({ items: [] });
  });

  it('is counted exactly or not at all', async () => {
    await fillIndex(1_000);
    expect(await countDeadLetters(stream, { route: 'other' }, ALL, 1_000)).toEqual({ kind: 'counted', count: 1_000 });
    expect(await countDeadLetters(stream, { route: 'other' }, ALL, 999)).toEqual({ kind: 'too-many', maxScanned: 999 });
    expect(await countDeadLetters(stream, {}, ALL, 10)).toEqual({ kind: 'counted', count: 1_000 });
  });
});
