import { describe, expect, it } from '@jest/globals';
import { partitionOf } from '@millrace/stream-client';

function anEvent(id: string, attributes: Record<string, string | number> = {}) {
  return { id, source: '/shop', attributes };
}

describe('partitionOf', () => {
  it('gives these events these partitions, in every release for ever', () => {
    const byKey = (key: string, partitions: number) => partitionOf(anEvent('1', { partitionkey: key }), partitions);
    expect(['a', 'b', 'order-1', 'Zürich', '🚲'].map((key) => byKey(key, 4_096))).toEqual([3225, 195, 666, 3434, 3719]);
    expect(['a', 'b', 'order-1', 'Zürich', '🚲'].map((key) => byKey(key, 16))).toEqual([9, 3, 10, 10, 7]);
    expect(['1', '2', 'x y', 'ü'].map((id) => partitionOf(anEvent(id), 4_096))).toEqual([1683, 1023, 2150, 3715]);
    expect(['1', '2', 'x y', 'ü'].map((id) => partitionOf(anEvent(id), 7))).toEqual([0, 6, 0, 3]);
  });

  it('puts everything into partition 0 where there is one', () => {
    expect(['a', 'b', 'c'].map((key) => partitionOf(anEvent(key, { partitionkey: key }), 1))).toEqual([0, 0, 0]);
  });

  it('goes by the partition key alone where there is one, and not by an empty one', () => {
    const keyedBy = (key: string | number) => partitionOf(anEvent('1', { partitionkey: key }), 1_024);
    const keyed = ['1', '2', '3'].map((id) => partitionOf(anEvent(id, { partitionkey: 'k' }), 1_024));
    expect(new Set(keyed).size).toBe(1);
    expect(keyedBy(5)).toBe(keyedBy('5'));
    expect(partitionOf(anEvent('1', { partitionkey: '' }), 1_024)).toBe(partitionOf(anEvent('1'), 1_024));
  });

  it('spreads 160,000 events over 16 partitions, none with a tenth more or less than its share', () => {
    const counts = new Array<number>(16).fill(0);
    for (let id = 0; id < 160_000; id++) {
      const at = partitionOf(anEvent(String(id)), 16);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(9_000);
    expect(Math.max(...counts)).toBeLessThan(11_000);
  });
});
