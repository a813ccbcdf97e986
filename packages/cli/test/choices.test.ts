import { describe, expect, it } from '@jest/globals';
import { parseDuration } from '../src/verify/duration.js';
import { sendLoad } from '../src/verify/load.js';
import { requireEvidence } from '../src/verify/plan.js';
import { between, createRandom, pick } from '../src/verify/random.js';
import { TESTED_ROUTES } from '../src/verify/tested-route.js';

describe('createRandom', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const draw = (seed: number) => Array.from({ length: 20 }, createRandom(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw(3).every((number) => number >= 0 && number < 1)).toBe(true);
  });

  it('reaches every choice', () => {
    const random = createRandom(1);
    expect(new Set(Array.from({ length: 200 }, () => between(random, 1, 4)))).toEqual(new Set([1, 2, 3, 4]));
    expect(new Set(Array.from({ length: 200 }, () => pick(random, ['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']));
  });
});

describe('parseDuration', () => {
  it('reads milliseconds, seconds, minutes and hours, and nothing else', () => {
    expect(['500ms', '60s', '1.5m', '1h'].map(parseDuration)).toEqual([500, 60_000, 90_000, 3_600_000]);
    expect(['60', 's', '-1s', '1d', ''].map(parseDuration)).toEqual(Array.from({ length: 5 }, () => undefined));
  });
});

describe('requireEvidence', () => {
  const plan = { routes: TESTED_ROUTES, durationMs: 60_000, rate: 60, seed: 1, drainMs: 1, keep: false } as const;

  it('asks for twenty kills in a minute, and one hit of every other fault', () => {
    const { minHits } = requireEvidence({ ...plan, faults: ['kill', 'freeze', 'cut'], minHits: undefined });
    expect(minHits).toEqual({ kill: 20, freeze: 1, cut: 1 });
  });

  it('asks for nine tenths of the events that are to be sent along each route', () => {
    expect(requireEvidence({ ...plan, faults: [], minHits: undefined })).toMatchObject({
      minAccepted: 1_080,
      minHits: {},
    });
  });
});

describe('sendLoad', () => {
  it('sends every route the same number of events, in an order that the seed decides', async () => {
    const sendAll = async (seed: number) => {
      const sent: string[] = [];
      const plan = { routes: TESTED_ROUTES, rate: 60, durationMs: 1_000 };
      const send = async ({ guarantee }: { guarantee: string }) => void sent.push(guarantee);
      await sendLoad(plan, send, createRandom(seed), new AbortController().signal);
      return sent;
    };
    const [sent, again, other] = await Promise.all([sendAll(1), sendAll(1), sendAll(2)]);
    expect(sent).toHaveLength(60);
    for (const { guarantee } of TESTED_ROUTES) expect(sent.filter((one) => one === guarantee)).toHaveLength(20);
    expect(again).toEqual(sent);
    expect(other).not.toEqual(sent);
  });
});
