import { describe, expect, it } from '@jest/globals';
import type { EventRecord } from '../src/api/events';
import { describeSender, lastWordsOf, listArguments } from '../src/screens/approvals/approval-words';

describe('listArguments', () => {
  it('shows each argument as it will be sent, and none of them where one would be cut', () => {
    expect(listArguments({ orderId: '77', amount: 40, tags: ['a'] })).toEqual([
      { name: 'orderId', text: '"77"' },
      { name: 'amount', text: '40' },
      { name: 'tags', text: '["a"]' },
    ]);
    expect(listArguments({ orderId: '77', note: 'x'.repeat(300) })).toBeUndefined();
    expect(listArguments(Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`a${n}`, n])))).toBeUndefined();
  });
});

describe('describeSender', () => {
  it('says how far whoever sent the event is known, and thinks the worst of what says nothing', () => {
    const event = { source: '/shop' };
    expect(describeSender({ event: { ...event, millracetrust: 'signed' } })).toBe('from /shop, signed by its sender');
    expect(describeSender({ event })).toBe('from /shop, and nobody knows who has sent it');
    expect(describeSender({ event: null })).toBe('nobody can tell whom it is from');
  });
});

describe('lastWordsOf', () => {
  it('gives what the model said last along the route, where it said anything', () => {
    const turn = (text: string) => ({ result: { text, calls: [], usage: { input: 1, output: 1 } } });
    const delivery = { version: 'v1', state: 'parked', attempts: 1, starts: 1, followUps: [] };
    const record: EventRecord = {
      ref: '0-1-0',
      event: null,
      state: 'open',
      acceptedAt: '2026-01-31T08:00:00Z',
      routes: [
        { ...delivery, id: 'triage', effects: [turn('I look.'), { result: 'of a tool' }, turn(' I restart it. ')] },
        { ...delivery, id: 'mute', effects: [turn('')] },
      ],
    };
    expect(lastWordsOf(record, 'triage')).toBe('I restart it.');
    expect(lastWordsOf(record, 'mute')).toBeUndefined();
    expect(lastWordsOf(record, 'other')).toBeUndefined();
  });
});
