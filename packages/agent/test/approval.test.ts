import { describe, expect, it } from '@jest/globals';
import { type ApprovalRule, findCaution, UNKNOWN_NATURE } from '../src/approval.js';

const reads = { isReadOnly: true, isDestructive: false };
const adds = { isReadOnly: false, isDestructive: false };
const destroys = { isReadOnly: false, isDestructive: true };
const restart = { server: 'azure', tool: 'workload.restart' };

describe('findCaution', () => {
  const cases: readonly [ApprovalRule, typeof reads, boolean][] = [
    ['destructive', reads, false],
    ['destructive', adds, false],
    ['destructive', destroys, true],
    ['destructive', UNKNOWN_NATURE, true],
    ['always', reads, true],
    ['never', destroys, false],
    [['azure/workload.*'], adds, true],
    [['gcp/*'], destroys, false],
  ];

  it.each(cases)('under %j, of a tool like %j, says %s', (rule, nature, isAsked) => {
    expect(findCaution(restart, nature, rule) !== undefined).toBe(isAsked);
  });
});
