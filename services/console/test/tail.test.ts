import { describe, expect, it } from '@jest/globals';
import type { EventItem } from '../src/api/event-list';
import { Tail } from '../src/screens/live/tail';

const item = (ref: string, state = 'open'): EventItem => {
  return { ref, state, id: ref, source: '/test', type: 'a', acceptedAt: '2026-01-31T08:00:00Z', routes: [] };
};

describe('Tail', () => {
  it('shows the latest first, and an event that changes where it was', () => {
    const tail = new Tail();
    for (const one of [item('a'), item('b'), item('a', 'done')]) tail.add(one);
    expect(tail.show().items).toEqual([item('b'), item('a', 'done')]);
  });

  it('keeps a hundred, whatever comes in', () => {
    const tail = new Tail();
    for (let at = 0; at < 10_000; at += 1) tail.add(item(`e-${at}`));
    const { items } = tail.show();
    expect(items).toHaveLength(100);
    expect(items[0]?.ref).toBe('e-9999');
  });

  it('counts what came since it was last shown, and what was left out', () => {
    const tail = new Tail();
    tail.add(item('a'));
    tail.show();
    tail.add(item('b'));
    tail.drop(3);
    expect(tail.waiting).toBe(1);
    expect(tail.show()).toMatchObject({ dropped: 3, waiting: 0, isRushing: false });
    for (let at = 0; at < 30; at += 1) tail.add(item(`r-${at}`));
    expect(tail.show().isRushing).toBe(true);
    expect(tail.show()).toBe(tail.show());
  });
});
