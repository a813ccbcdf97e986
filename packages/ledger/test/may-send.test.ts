import { describe, expect, it } from '@jest/globals';
import { type Effect, effectKeyOf, type Guarantee, maySend, targetHashOf } from '@millrace/ledger';

const target = { server: 'azure', tool: 'card.charge', arguments: { total: 5, orderId: 'o' }, version: 'v1' };

function recorded(state: Effect['state'], attempt = 1): Effect {
  return { step: '0', state, key: 'k', attempt, target, targetHash: targetHashOf(target), result: { chargeId: 'c' } };
}

const decide = (guarantee: Guarantee, isRepeatable: boolean, effect: Effect | undefined, redrivenAt = 0) =>
  maySend({ guarantee, isRepeatable, recorded: effect, redrivenAt }).kind;

describe('maySend', () => {
  it.each(['at-most-once', 'at-least-once', 'effectively-once'] as const)(
    'sends what was never recorded: %s',
    (guarantee) => {
      expect(decide(guarantee, false, undefined)).toBe('send');
    },
  );

  it.each(['at-most-once', 'effectively-once'] as const)(
    'serves a recorded answer instead of a second call: %s',
    (guarantee) => {
      expect(maySend({ guarantee, isRepeatable: true, recorded: recorded('done'), redrivenAt: 9 })).toEqual({
        kind: 'serve',
        result: { chargeId: 'c' },
      });
    },
  );

  it.each(['sent', 'unknown'] as const)('leaves %s to a person where repeating is not safe', (state) => {
    expect(decide('at-most-once', true, recorded(state))).toBe('outcome-unknown');
    expect(decide('effectively-once', false, recorded(state))).toBe('outcome-unknown');
  });

  it.each(['sent', 'unknown'] as const)('repeats %s where the tool can tell, or the route promises little', (state) => {
    expect(decide('effectively-once', true, recorded(state))).toBe('send');
    expect(decide('at-least-once', false, recorded(state))).toBe('send');
  });

  it('sends again what a person has redriven since, once', () => {
    expect(decide('at-most-once', false, recorded('unknown', 1), 1)).toBe('send');
    expect(decide('at-most-once', false, recorded('sent', 2), 1)).toBe('outcome-unknown');
  });

  it('sends what is recorded as not sent, whatever the guarantee', () => {
    expect(decide('at-most-once', false, recorded('not-sent'))).toBe('send');
  });

  it('never repeats a failure at most once, and may do so effectively once', () => {
    expect(decide('at-most-once', true, recorded('failed'))).toBe('outcome-unknown');
    expect(decide('effectively-once', false, recorded('failed'))).toBe('send');
  });

  it('refuses a record whose target does not match its hash', () => {
    const tampered = { ...recorded('sent'), target: { ...target, arguments: { total: 5_000 } } };
    expect(decide('effectively-once', true, tampered)).toBe('target-changed');
  });
});

describe('targetHashOf', () => {
  it('does not depend on the order of members', () => {
    const other = { ...target, arguments: { orderId: 'o', total: 5 } };
    expect(targetHashOf(other)).toBe(targetHashOf(target));
  });
});

describe('effectKeyOf', () => {
  const event = { source: '/shop', id: '1' };

  it('differs by namespace, event, route and step, and by nothing else', () => {
    const keys = [
      effectKeyOf('a', event, 'r', '0'),
      effectKeyOf('b', event, 'r', '0'),
      effectKeyOf('a', { ...event, id: '2' }, 'r', '0'),
      effectKeyOf('a', event, 's', '0'),
      effectKeyOf('a', event, 'r', '1'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(effectKeyOf('a', { ...event }, 'r', '0')).toBe(keys[0]);
  });
});
