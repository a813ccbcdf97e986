import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ANOMALIES } from '../src/verify/anomaly.js';
import { checkHistory } from '../src/verify/check.js';
import { inventCorrectHistory } from '../src/verify/correct-history.js';
import { editSent, editTally } from '../src/verify/edit-history.js';
import { createRandom } from '../src/verify/random.js';
import { findingsOf, runSelfTest } from '../src/verify/self-test.js';

const correct = inventCorrectHistory(createRandom(1));

describe('checkHistory', () => {
  it('finds every correct history valid', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 20, max: 120 }), (seed, events) => {
        const report = checkHistory(inventCorrectHistory(createRandom(seed), events));
        expect(findingsOf(report).filter(({ verdict }) => verdict !== true)).toEqual([]);
        expect(report.verdict).toBe(true);
      }),
    );
  });

  it.each(ANOMALIES.map((one) => [one.name, one] as const))('catches that %s', (_name, { rule, verdict, plant }) => {
    const report = checkHistory(plant(correct));
    const found = findingsOf(report).find((one) => one.rule === rule && one.verdict !== true);
    expect(found).toMatchObject({ rule, verdict });
    expect(report.verdict).not.toBe(true);
  });

  it('catches an anomaly in any correct history', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(...ANOMALIES), (seed, { plant, rule, verdict }) => {
        const findings = findingsOf(checkHistory(plant(inventCorrectHistory(createRandom(seed)))));
        expect(findings).toContainEqual(expect.objectContaining({ rule, verdict }));
      }),
    );
  });

  it('names the events that broke a rule', () => {
    const report = checkHistory(editTally(correct, 'at-most-once-10', (tally) => ({ ...tally, reached: 2 })));
    expect(findingsOf(report)).toContainEqual({
      rule: 'not-repeated',
      verdict: false,
      ids: ['at-most-once-10'],
      count: 1,
    });
  });

  it('lets an at-least-once event run as often as it likes', () => {
    const often = editTally(correct, 'at-least-once-10', (tally) => ({ ...tally, reached: 9, effects: 9 }));
    expect(checkHistory(often).verdict).toBe(true);
  });

  it('lets an event of which nobody knows whether it was accepted run once, or not at all', () => {
    const unsure = editSent(correct, 'effectively-once-10', (event) => ({ ...event, acceptance: 'unsure', refs: [] }));
    expect(checkHistory(unsure).verdict).toBe(true);
    expect(checkHistory(editTally(unsure, 'effectively-once-10', () => undefined)).verdict).toBe(true);
  });

  it('knows nothing of a deployment without routes to test', () => {
    expect(checkHistory({ ...correct, routes: [] }).verdict).toBe('unknown');
  });
});

describe('runSelfTest', () => {
  it('catches every anomaly that it plants, by name', () => {
    expect(runSelfTest(1).filter(({ caught }) => !caught)).toEqual([]);
  });
});
