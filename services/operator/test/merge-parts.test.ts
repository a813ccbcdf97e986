import { describe, expect, it } from '@jest/globals';
import { mergeParts, type Part } from '../src/partitions/merge-parts.js';

const ascending = (a: number, b: number) => a - b;
const merge = (parts: readonly Part<number>[], limit = 10) => mergeParts(parts, ascending, limit);

describe('mergeParts', () => {
  it('puts what partitions have in one order', () => {
    expect(merge([{ found: [1, 4, 6] }, { found: [2, 3] }, { found: [] }])).toEqual({ places: [1, 2, 3, 4, 6] });
  });

  it('takes no more than the limit, and goes on after the last that it took', () => {
    expect(merge([{ found: [1, 4] }, { found: [2, 3] }], 3)).toEqual({ places: [1, 2, 3], next: 3 });
  });

  it('takes nothing that comes after a place up to which a partition was looked at, since others may come before it', () => {
    const parts = [{ found: [1, 5, 9] }, { found: [2, 4], next: 4 }];
    expect(merge(parts)).toEqual({ places: [1, 2, 4], next: 4 });
  });

  it('goes on where a partition was looked at in vain', () => {
    expect(merge([{ found: [7] }, { found: [], next: 3 }])).toEqual({ places: [], next: 3 });
  });

  it('gives every place once over all pages, in order, however unevenly partitions are filled and looked at', () => {
    const partitions = Array.from({ length: 7 }, (_none, p) =>
      Array.from({ length: p * p + 1 }, (_one, n) => 7 * n * (1 + (p % 3)) + p),
    );
    const all = partitions.flat().sort(ascending);
    const seen: number[] = [];
    let after: number | undefined = -1;
    for (let page = 0; after !== undefined && page < 1_000; page++) {
      const from = after;
      const parts = partitions.map((places, p): Part<number> => {
        const rest = places.filter((place) => place > from);
        const looked = rest.slice(0, 1 + (p % 4));
        // Every other place is one that nobody looks for.
        const found = looked.filter((place) => place % 2 === 0);
        const last = looked.at(-1);
        return looked.length < rest.length && last !== undefined ? { found, next: last } : { found };
      });
      const merged = merge(parts, 5);
      seen.push(...merged.places);
      after = merged.next;
    }
    expect(seen).toEqual(all.filter((place) => place % 2 === 0));
  });
});
