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

  it('has a place free once the work is over, and room for twice as many again until Redis knows of it', () => {
    const held = new HeldEntries(2);
    const holds = ['0', '1', '2', '3', '4', '5'].map((partition) => held.hold(anEntry(partition)));
    expect([held.free, held.room, held.hasPlace]).toEqual([2, 0, false]);
    for (const hold of holds.slice(0, 2)) hold.beginWork();
    expect(held.free).toBe(0);
    holds[0]?.endWork();
    holds[0]?.endWork();
    expect([held.free, held.room, held.ended]).toEqual([1, 0, 1]);
    for (const hold of holds.slice(0, 2)) held.letGo(hold);
    expect([held.free, held.room, held.ended]).toEqual([2, 2, 2]);
  });

  it('keeps the place of a handler that goes on after its entry was claimed anew', () => {
    const held = new HeldEntries(1);
    const first = held.hold(anEntry('0'));
    first.beginWork();
    held.hold(anEntry('0', 2));
    expect([first.isAborted, held.free]).toEqual([true, 0]);
    held.letGo(first);
    expect([held.size, held.free]).toEqual([1, 1]);
  });
});
