import { describe, expect, it } from '@jest/globals';
import type { Epoch, PartitionMap } from '@millrace/stream-client';
import { checked, mergeChecks } from '../src/system/check.js';
import { checkPartitions } from '../src/system/partition-checks.js';

const memory = (found: string, mend?: string) =>
  checked('memory', found, mend === undefined ? undefined : { found, mend });

describe('mergeChecks', () => {
  it('leaves the checks of the only node as they are', () => {
    const checks = [memory('1 MiB used')];
    expect(mergeChecks([{ node: 'primary', checks }])).toBe(checks);
  });

  it('says of several nodes what each has said, and where something is wrong only at which', () => {
    const at = (node: string, check: ReturnType<typeof memory>) => ({
      node,
      checks: [checked('role', 'master'), check],
    });
    expect(mergeChecks([at('a:1', memory('1 MiB')), at('b:2', memory('2 MiB'))])).toEqual([
      { name: 'role', ok: true, found: 'a:1: master; b:2: master' },
      { name: 'memory', ok: true, found: 'a:1: 1 MiB; b:2: 2 MiB' },
    ]);
    expect(mergeChecks([at('a:1', memory('1 MiB')), at('b:2', memory('full', 'give it more'))])[1]).toEqual({
      name: 'memory',
      ok: false,
      found: 'b:2: full',
      mend: 'give it more',
    });
  });
});

describe('checkPartitions', () => {
  const NOW_MS = Date.parse('2026-11-23T10:00:00Z');
  const epoch = (partitions: number, state: Epoch['state'], sinceMs = 0): Epoch => ({
    epoch: partitions,
    partitions,
    state,
    sinceMs,
  });
  const map = (more: Partial<PartitionMap>): PartitionMap => ({
    active: epoch(4, 'active'),
    preparing: undefined,
    draining: [],
    epochs: [],
    size: 4,
    ...more,
  });

  it('says how many there are, and what is left from before a change', () => {
    expect(checkPartitions(map({}), NOW_MS)).toEqual({
      name: 'partitions',
      ok: true,
      found: '4 partition(s), epoch 4',
    });
    const { ok, found } = checkPartitions(map({ draining: [epoch(1, 'draining')] }), NOW_MS);
    expect([ok, found]).toEqual([true, expect.stringContaining('not all is over from when there were 1')]);
  });

  it('names a change that has come to a stop, and how it goes on', () => {
    expect(checkPartitions(map({ preparing: epoch(8, 'preparing', NOW_MS - 5_000) }), NOW_MS).ok).toBe(true);
    expect(checkPartitions(map({ preparing: epoch(8, 'preparing', NOW_MS - 90_000) }), NOW_MS)).toMatchObject({
      ok: false,
      found: expect.stringContaining('from 4 to 8'),
      mend: expect.stringContaining('partitions change 8'),
    });
  });
});
