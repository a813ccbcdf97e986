import { describe, expect, it } from '@jest/globals';
import { beginList, readOn, renewList, toPage } from '../src/api/page';

const same = (item: string) => item;
const list = readOn(beginList({ items: ['c', 'b', 'a'], next: 'soon', scanned: 10 }), {
  items: ['9', '8'],
  next: 'later',
  scanned: 5,
});

describe('renewList', () => {
  it('puts what is new in front, drops what is gone from the first page, and keeps what lies beyond it', () => {
    const renewed = renewList(list, { items: ['d', 'c', 'a'], next: 'soon', scanned: 10 }, same);
    expect(toPage(renewed)).toEqual({ items: ['d', 'c', 'a', '9', '8'], next: 'later', scanned: 15 });
    expect(renewed.isBehind).toBe(false);
  });

  it('keeps what somebody has read where more than a page has come in meanwhile, and says so', () => {
    const renewed = renewList(list, { items: ['z', 'y'], next: 'soon' }, same);
    expect(toPage(renewed).items).toEqual(['c', 'b', 'a', '9', '8']);
    expect(renewed.isBehind).toBe(true);
  });

  it('begins anew where nobody has read on', () => {
    const fresh = { items: ['z', 'y'], next: 'soon' };
    expect(renewList(beginList({ items: ['b', 'a'] }), fresh, same)).toEqual(beginList(fresh));
  });

  it('takes a first page that is the last one as the whole list', () => {
    const fresh = { items: ['a'] };
    expect(toPage(renewList(list, fresh, same))).toBe(fresh);
  });

  it('keeps what a search has found further back while its first page finds nothing', () => {
    const empty = { items: [], next: 'soon', scanned: 10 };
    const found = readOn(beginList<string>(empty), { items: ['needle'], next: 'later', scanned: 10 });
    expect(toPage(renewList(found, empty, same))).toEqual({ items: ['needle'], next: 'later', scanned: 20 });
  });
});
