import { describe, expect, it } from '@jest/globals';
import { holdRows } from '../src/live/hold-rows';

interface Row {
  readonly id: string;
  readonly state: string;
}

const rows = (ids: string, state = 'open'): readonly Row[] => ids.split('').map((id) => ({ id, state }));
const idOf = ({ id }: Row) => id;
const idsOf = (items: readonly Row[] | undefined) => items?.map(idOf).join('');

describe('holdRows', () => {
  it('holds nothing while every row that is shown stays where it is', () => {
    expect(holdRows(rows('cba'), rows('cba', 'done'), idOf)).toBeUndefined();
    expect(holdRows(rows('cba'), rows('cba98'), idOf)).toBeUndefined();
  });

  it('keeps rows where they are when others come in front, and counts those', () => {
    const held = holdRows(rows('cba'), rows('edcba'), idOf);
    expect([idsOf(held?.items), held?.news]).toEqual(['cba', 2]);
  });

  it('keeps rows that are gone, and rows that have changed places', () => {
    expect(idsOf(holdRows(rows('cba'), rows('ca'), idOf)?.items)).toBe('cba');
    for (const moved of ['abc', 'bca']) {
      expect(holdRows(rows('cba'), rows(moved), idOf)).toEqual({ items: rows('cba'), news: 0 });
    }
    expect(holdRows(rows('cba'), rows('zba'), idOf)).toEqual({ items: rows('cba'), news: 1 });
    expect(idsOf(holdRows(rows('cba'), rows('zyx'), idOf)?.items)).toBe('cba');
  });

  it('shows what somebody has read on to below the rows that are held', () => {
    const held = holdRows(rows('cba'), rows('edcba98'), idOf);
    expect([idsOf(held?.items), held?.news]).toEqual(['cba98', 2]);
  });

  it('shows each row as it is by now, or as it was where that is asked for', () => {
    const later = [...rows('d'), ...rows('cb', 'done')];
    expect(holdRows(rows('cba'), later, idOf)?.items).toEqual([...rows('cb', 'done'), ...rows('a')]);
    expect(holdRows(rows('cba'), later, idOf, true)?.items).toEqual(rows('cba'));
  });

  it('holds neither an empty list nor one that has become empty', () => {
    expect(holdRows([], rows('a'), idOf)).toBeUndefined();
    expect(holdRows(rows('a'), [], idOf)).toBeUndefined();
  });
});
