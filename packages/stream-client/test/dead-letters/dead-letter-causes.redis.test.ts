import { describe, expect, it } from '@jest/globals';
import { countCauses, mergeCauses } from '@millrace/stream-client';
import { aDeadLetter, anUndecodableDeadLetter } from '../a-dead-letter.js';
import { setStage, stream } from '../stage.js';

setStage();

const AMPLE = { maxScanned: 10_000, maxMs: 60_000 };

describe('countCauses', () => {
  it('counts all that died of the same, the most frequent first, those included that nobody can decode', async () => {
    for (const id of ['a', 'b', 'c']) await aDeadLetter(stream, id);
    await aDeadLetter(stream, 'd', { code: 'TOOL_REFUSED' });
    await aDeadLetter(stream, 'e', { code: 'TOOL_REFUSED' });
    await anUndecodableDeadLetter(stream);
    const counts = async (filter = {}) =>
      (await countCauses(stream, filter, AMPLE)).causes.map(({ route, reason, code, count }) =>
        [count, route, reason, code].join(' '),
      );
    expect(await counts()).toEqual([
      '3 score attempts-exhausted TOOL_TIMEOUT',
      '2 score attempts-exhausted TOOL_REFUSED',
      '1 - undecodable TOOL_TIMEOUT',
    ]);
    expect(await counts({ code: 'TOOL_REFUSED' })).toEqual(['2 score attempts-exhausted TOOL_REFUSED']);
  });

  it('counts the latest and says that it does, where there are more than it may look at', async () => {
    await stream.redis.zadd(stream.keys.dead, ...Array.from({ length: 450 }, (_, n) => [n, `0-1-${n} old`]).flat());
    await stream.redis.zadd(stream.keys.dead, 1_000, '0-2-0 new');
    const { causes, scanned, isComplete } = await countCauses(stream, {}, { ...AMPLE, maxScanned: 300 });
    expect(causes.map(({ route, count }) => `${count} ${route}`)).toEqual(['299 old', '1 new']);
    expect([scanned, isComplete]).toEqual([300, false]);
    expect(await countCauses(stream, {}, AMPLE)).toMatchObject({ scanned: 451, isComplete: true });
    expect(await countCauses(stream, {}, { ...AMPLE, maxMs: 0 })).toMatchObject({ scanned: 200, isComplete: false });
  });
});

describe('mergeCauses', () => {
  it('adds up what several partitions have counted, with the latest of all', () => {
    const at = (deadAt: number) => ({ member: `0-${deadAt} score`, deadAt });
    const part = (count: number, deadAt: number, isComplete = true) => ({
      causes: [{ route: 'score', count, latest: at(deadAt) }],
      scanned: count,
      isComplete,
    });
    expect(mergeCauses([part(2, 7), part(3, 9), part(1, 8, false)])).toEqual({
      causes: [{ route: 'score', count: 6, latest: at(9) }],
      scanned: 6,
      isComplete: false,
    });
  });
});
