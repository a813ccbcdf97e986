import { describe, expect, it } from '@jest/globals';
import { readPostAnswer } from '../src/verify/post-answer.js';
import { SentLedger } from '../src/verify/sent-ledger.js';

const answered = (status: number, body: unknown = {}) =>
  readPostAnswer({ kind: 'answered', answer: { status, body, text: '' } });

describe('readPostAnswer', () => {
  it('takes a 202 with a ref for accepted, and nothing else', () => {
    const accepted = { kind: 'accepted', ref: 'r', isDuplicate: true };
    expect(answered(202, { ref: 'r', duplicate: true })).toEqual(accepted);
    expect(answered(202, 'ok')).toEqual({ kind: 'unsure' });
    expect(answered(200, { ref: 'r' })).toEqual({ kind: 'unsure' });
  });

  it('takes for refused only what certainly stored nothing', () => {
    for (const status of [400, 401, 404, 409, 413, 422, 429]) expect(answered(status).kind).toBe('refused');
    expect(answered(503, { code: 'STREAM_BACKLOG_FULL' }).kind).toBe('refused');
    expect(readPostAnswer({ kind: 'unsent', why: '' }).kind).toBe('refused');
  });

  it('is unsure of lost answers and of a producer that failed', () => {
    expect(readPostAnswer({ kind: 'lost', why: '' }).kind).toBe('unsure');
    expect(answered(503, { code: 'STREAM_UNAVAILABLE' }).kind).toBe('unsure');
    expect(answered(500).kind).toBe('unsure');
    expect(answered(408).kind).toBe('unsure');
  });
});

describe('SentLedger', () => {
  const refused = { kind: 'refused', mayComeBack: true } as const;
  const unsure = { kind: 'unsure' } as const;
  const accept = (ref: string, isDuplicate = false) => ({ kind: 'accepted', ref, isDuplicate }) as const;

  function listAfter(...answers: readonly Parameters<ReturnType<SentLedger['begin']>>[0][]) {
    const ledger = new SentLedger(() => 0);
    ledger.open('a', 't', false);
    for (const answer of answers) ledger.begin('a')(answer);
    return ledger.list()[0];
  }

  it('calls an event accepted as soon as one answer said so, whatever the others said', () => {
    expect(listAfter(unsure, refused, accept('r'))).toMatchObject({ acceptance: 'accepted', refs: ['r'] });
  });

  it('calls an event refused only when every answer said so', () => {
    expect(listAfter(refused, refused)?.acceptance).toBe('refused');
    expect(listAfter(refused, unsure)?.acceptance).toBe('unsure');
  });

  it('keeps every different ref, and counts the repeats that were recognised', () => {
    expect(listAfter(accept('r'), accept('r', true))).toMatchObject({ refs: ['r'], duplicateAnswers: 1 });
    expect(listAfter(accept('r'), accept('s'))?.refs).toEqual(['r', 's']);
  });

  it('knows for how long the oldest open post has been waiting', () => {
    let now = 10;
    const ledger = new SentLedger(() => now);
    ledger.open('a', 't', false);
    const first = ledger.begin('a');
    now = 40;
    const second = ledger.begin('a');
    now = 50;
    expect(ledger.longestWaitMs()).toBe(40);
    first(unsure);
    expect(ledger.longestWaitMs()).toBe(10);
    second(unsure);
    expect(ledger.longestWaitMs()).toBe(0);
  });
});
