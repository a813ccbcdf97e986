import { describe, expect, it } from '@jest/globals';
import { Pigeonholes } from '../src/pigeonholes.js';

describe('Pigeonholes', () => {
  it('gives each thing a hole of its own, and an empty one to the next', () => {
    const holes = new Pigeonholes<string>();
    const [first, second] = [holes.add('first'), holes.add('second')];
    holes.remove(first);
    expect(holes.at(first)).toBeUndefined();
    expect(holes.add('third')).toBe(first);
    expect([holes.at(first), holes.at(second)]).toEqual(['third', 'second']);
    expect(holes.all()).toEqual(['third', 'second']);
    expect(holes.size).toBe(2);
  });

  it('has as many holes as were ever full at once, however much comes and goes', () => {
    const holes = new Pigeonholes<number>();
    const used = new Set<number>();
    let [older, newer] = [holes.add(0), holes.add(1)];
    for (let thing = 2; thing < 1_000; thing += 1) {
      holes.remove(older);
      [older, newer] = [newer, holes.add(thing)];
      used.add(newer);
    }
    expect(used.size).toBe(2);
    expect(holes.size).toBe(2);
  });

  it('is not moved by taking out of an empty hole', () => {
    const holes = new Pigeonholes<string>();
    const hole = holes.add('one');
    holes.remove(hole);
    holes.remove(hole);
    holes.remove(7);
    expect(holes.size).toBe(0);
    expect([holes.add('a'), holes.add('b')]).toEqual([hole, 1]);
  });
});
