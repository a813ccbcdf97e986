import { describe, expect, it } from '@jest/globals';
import { MockError } from '../src/errors.js';
import { Faults } from '../src/faults.js';

const TOOLS = new Set(['card.charge', 'ticket.open']);

function pointersOf(sent: unknown): (string | undefined)[] {
  try {
    new Faults().replace(sent, TOOLS);
  } catch (error) {
    if (error instanceof MockError) return error.problems.map(({ pointer }) => pointer);
    throw error;
  }
  return [];
}

describe('Faults', () => {
  it('strikes the calls of its tool and prefix, as often as it says', () => {
    const faults = new Faults();
    faults.replace([{ kind: 'hang', tool: 'card.charge', eventIdPrefix: 'x-', times: 1 }], TOOLS);
    expect(faults.take('ticket.open', 'x-1')).toBeUndefined();
    expect(faults.take('card.charge', 'y-1')).toBeUndefined();
    expect(faults.take('card.charge', 'x-1')?.kind).toBe('hang');
    expect(faults.take('card.charge', 'x-1')).toBeUndefined();
    expect(faults.list()).toEqual([expect.objectContaining({ kind: 'hang', times: 1, taken: 1 })]);
  });

  it('strikes each nth of the calls that fit, and leaves the others to the rules behind it', () => {
    const faults = new Faults();
    faults.replace([{ kind: 'error', tool: 'card.charge', everyNth: 3, times: 2 }, { kind: 'hang' }], TOOLS);
    const struck = Array.from({ length: 10 }, () => faults.take('card.charge', 'e')?.kind);
    expect(struck.flatMap((kind, at) => (kind === 'error' ? [at + 1] : []))).toEqual([3, 6]);
    expect(faults.take('ticket.open', 'e')?.kind).toBe('hang');
  });

  it('lets the first rule that fits strike, and only that one', () => {
    const faults = new Faults();
    faults.replace([{ kind: 'error', times: 1 }, { kind: 'hang' }], TOOLS);
    expect([1, 2, 3].map(() => faults.take('ticket.open', 'e')?.kind)).toEqual(['error', 'hang', 'hang']);
  });

  it('points at every problem', () => {
    expect(pointersOf([{ kind: 'nonsense' }, { kind: 'delay' }, { kind: 'hang', times: 0 }])).toEqual([
      '/0/kind',
      '/1/delayMs',
      '/2/times',
    ]);
    expect(pointersOf([{ kind: 'hang', tool: 'risk.score' }])).toEqual(['/0/tool']);
    expect(pointersOf([{ kind: 'hang', typo: 1 }])).toEqual(['/0']);
    expect(pointersOf({ kind: 'hang' })).toEqual(['']);
  });

  it('keeps the old rules when the new ones are refused', () => {
    const faults = new Faults();
    faults.replace([{ kind: 'hang' }], TOOLS);
    expect(() => faults.replace([{ kind: 'nonsense' }], TOOLS)).toThrow(MockError);
    expect(faults.list()).toEqual([{ kind: 'hang', taken: 0 }]);
  });
});
