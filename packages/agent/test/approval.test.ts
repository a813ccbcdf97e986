import { describe, expect, it } from '@jest/globals';
import { type ApprovalPolicy, findCaution, UNKNOWN_NATURE } from '../src/approval.js';

const reads = { isReadOnly: true, isDestructive: false, isOpenWorld: false };
const adds = { isReadOnly: false, isDestructive: false, isOpenWorld: false };
const destroys = { isReadOnly: false, isDestructive: true, isOpenWorld: false };
const restart = { server: 'azure', tool: 'workload.restart' };

const policy = (overrides: Partial<ApprovalPolicy>): ApprovalPolicy => {
  return { rule: 'never', isEventTrusted: true, afterOutside: 'never', ...overrides };
};

describe('findCaution', () => {
  const rules: readonly [ApprovalPolicy['rule'], typeof reads, boolean][] = [
    ['destructive', reads, false],
    ['destructive', adds, false],
    ['destructive', destroys, true],
    ['destructive', UNKNOWN_NATURE, true],
    ['always', reads, true],
    ['never', destroys, false],
    [['azure/workload.*'], adds, true],
    [['gcp/*'], destroys, false],
  ];

  it.each(rules)('under %j, of a tool like %j, says %s', (rule, nature, isAsked) => {
    expect(findCaution(restart, nature, policy({ rule }), false) !== undefined).toBe(isAsked);
  });

  it('asks about all that changes something when nobody knows whom the event is from, whatever the rule', () => {
    const unknown = policy({ isEventTrusted: false });
    const asked = [reads, adds, destroys].map((nature) => findCaution(restart, nature, unknown, false) !== undefined);
    expect(asked).toEqual([false, true, true]);
  });

  it.each([
    ['destructive', [false, false, true]],
    ['changing', [false, true, true]],
    ['never', [false, false, false]],
  ] as const)('asks once the run has read what strangers write, with afterOutside: %s', (afterOutside, expected) => {
    const asked = (hasRead: boolean) =>
      [reads, adds, destroys].map(
        (nature) => findCaution(restart, nature, policy({ afterOutside }), hasRead) !== undefined,
      );
    expect(asked(true)).toEqual(expected);
    expect(asked(false)).toEqual([false, false, false]);
  });
});
