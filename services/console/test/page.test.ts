import { describe, expect, it } from '@jest/globals';
import { mergeFirstPage } from '../src/api/page';

const same = (item: string) => item;

describe('mergeFirstPage', () => {
  it('puts what is new in front, drops what is gone from the first page, and keeps what lies beyond it', () => {
    const known = { items: ['c', 'b', 'a', '9', '8'], next: 'later' };
    expect(mergeFirstPage(known, { items: ['d', 'c', 'a'], next: 'soon' }, same)).toEqual({
      items: ['d', 'c', 'a', '9', '8'],
      next: 'later',
    });
  });

  it('begins anew where more than a page has come meanwhile', () => {
    const fresh = { items: ['z', 'y'], next: 'soon' };
    expect(mergeFirstPage({ items: ['b', 'a'] }, fresh, same)).toBe(fresh);
  });

  it('takes a first page that is the last one as the whole list', () => {
    const fresh = { items: ['a'] };
    expect(mergeFirstPage({ items: ['c', 'b', 'a', '9'], next: 'later' }, fresh, same)).toBe(fresh);
  });
});
