import { describe, expect, it } from '@jest/globals';
import { createFollowUp, type Event, isEnoughTrust, lesserTrust, trustOf, withTrust } from '@millrace/events';

const event: Event = {
  id: 'a',
  source: '/test',
  type: 't',
  attributes: { specversion: '1.0', id: 'a', source: '/test', type: 't' },
  data: undefined,
};

describe('the trust of an event', () => {
  it('is that of whoever sent it, and none where nobody was asked', () => {
    expect(trustOf(event)).toBe('anonymous');
    expect(withTrust(event, 'anonymous')).toBe(event);
    expect([trustOf(withTrust(event, 'keyed')), trustOf(withTrust(event, 'signed'))]).toEqual(['keyed', 'signed']);
  });

  it('is enough when it is what is needed, or more', () => {
    const enough = (trust: 'signed' | 'keyed' | 'anonymous') =>
      (['signed', 'keyed', 'anonymous'] as const).map((needed) => isEnoughTrust(trust, needed));
    expect([enough('signed'), enough('keyed'), enough('anonymous')]).toEqual([
      [true, true, true],
      [false, true, true],
      [false, false, true],
    ]);
  });

  it('is the lesser one where two have come together, and can be taken from an event again', () => {
    expect([lesserTrust('signed', 'keyed'), lesserTrust('anonymous', 'signed')]).toEqual(['keyed', 'anonymous']);
    expect(withTrust(withTrust(event, 'signed'), 'anonymous')).toEqual(event);
  });

  it('is inherited by what follows from it, and is not more than that', () => {
    const followUp = (cause: Event) => createFollowUp(cause, 'route', { type: 'next', data: undefined });
    expect(trustOf(followUp(withTrust(event, 'signed')) ?? event)).toBe('signed');
    expect(followUp(event)?.attributes).not.toHaveProperty('millracetrust');
  });
});
