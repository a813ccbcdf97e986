import { describe, expect, it } from '@jest/globals';
import { Evidence } from './evidence.ts';
import { judgeFollowUps } from './follow-ups.ts';

describe('evidence', () => {
  it('makes the verdict unknown until there is enough of every kind that was asked for', () => {
    const evidence = new Evidence({ kills: 2, fenced: 1 });
    evidence.note('kills', 2);
    expect(evidence.findings()).toMatchObject([
      { rule: 'evidence: kills', verdict: true },
      { rule: 'evidence: fenced', verdict: 'unknown', why: 'seen 0 times, of 1 that are needed' },
    ]);
    evidence.note('fenced');
    evidence.note('besides');
    expect(evidence.findings().every(({ verdict }) => verdict === true)).toBe(true);
    expect(evidence.list()).toContainEqual({ what: 'besides', seen: 1, needed: 0 });
  });
});

describe('follow-ups', () => {
  const sent = (id: string, acceptance: 'accepted' | 'unsure' = 'accepted') => ({
    ...{ id, type: 't', acceptance, refs: [id], isCanary: false, duplicateAnswers: 0 },
  });
  const judge = (state: string, effects: number, acceptance?: 'unsure') => {
    const records = new Map([['e', { state, tookMs: 1, deliveries: [] }]]);
    const tallies = [{ eventId: 'follow-e', tool: 'ticket.open', reached: effects, effects }];
    return judgeFollowUps([sent('e', acceptance)], records, { cloud: 'azure', tallies, doubts: [] }).verdict;
  };

  it('are one for an event that is done, and none for one that is dead', () => {
    expect([judge('done', 1), judge('dead', 0)]).toEqual([true, true]);
    expect([judge('done', 0), judge('done', 2), judge('dead', 1)]).toEqual([false, false, false]);
  });

  it('are one at most where nobody knows whether the event was accepted', () => {
    expect([judge('-', 0, 'unsure'), judge('-', 1, 'unsure'), judge('-', 2, 'unsure')]).toEqual([true, true, false]);
  });
});
