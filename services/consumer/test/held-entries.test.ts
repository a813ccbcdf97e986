import { describe, expect, it } from '@jest/globals';
import type { MalformedEntry } from '@millrace/stream-client';
import { HeldEntries } from '../src/held-entries.js';

function anEntry(partition: string, deliveryCount = 1): MalformedEntry {
  return { kind: 'malformed', id: '7-0', deliveryCount, ref: `${partition}-7-0`, problem: 'of a test' };
}

describe('HeldEntries', () => {
  it('holds entries of two partitions side by side, though they have the same id', () => {
    const held = new HeldEntries(4);
    const [first, second] = [anEntry('0'), anEntry('1')];
    held.hold(first);
    const hold = held.hold(second);
    expect(held.size).toBe(2);
    expect(held.abort([{ entryId: '7-0', deliveryCount: 1, ref: '1-7-0' }])).toHaveLength(1);
    held.letGo(hold);
    expect(held.leases().map(({ ref }) => ref)).toEqual(['0-7-0']);
  });
});
