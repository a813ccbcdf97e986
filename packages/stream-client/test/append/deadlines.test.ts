import { afterEach, describe, expect, it, jest } from '@jest/globals';
// Not exported: what appends and settlements wait with.
import { Deadlines, type Wait } from '../../src/append/deadlines.js';

const late = () => new Error('late');

afterEach(() => {
  jest.useRealTimers();
});

describe('Deadlines', () => {
  it('hands on the result or the error that ends a wait, and nothing that comes later', async () => {
    const deadlines = new Deadlines<string>(60_000, late);
    const result = deadlines.begin((wait) => {
      wait.resolve('first');
      wait.reject(new Error('second'));
    });
    await expect(result).resolves.toBe('first');
    await expect(deadlines.begin((wait) => wait.reject(new Error('refused')))).rejects.toThrow('refused');
  });

  it('gives up each wait at its own time, the oldest first', async () => {
    jest.useFakeTimers();
    const deadlines = new Deadlines<string>(40, late);
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    const first = deadlines.begin(() => undefined).catch(note('first'));
    let second: Wait<string> | undefined;
    jest.advanceTimersByTime(20);
    const other = deadlines.begin((wait) => {
      second = wait;
    });
    jest.advanceTimersByTime(20);
    await first;
    expect(second?.isOpen).toBe(true);
    jest.advanceTimersByTime(20);
    await other.catch(note('second'));
    expect(order).toEqual(['first', 'second']);
    expect(second?.isOpen).toBe(false);
  });

  it('keeps the order of those that are open, whichever of them ends first', () => {
    jest.useFakeTimers();
    const deadlines = new Deadlines<string>(40, late);
    const ended: string[] = [];
    const open = (name: string) =>
      deadlines.open({
        resolve: (result) => ended.push(`${name} ${result}`),
        reject: () => ended.push(`${name} late`),
      });
    const [first, second, , fourth, fifth] = ['1', '2', '3', '4', '5'].map(open);
    fourth?.resolve('done');
    first?.resolve('done');
    fifth?.resolve('done');
    open('6');
    second?.resolve('done');
    open('7');
    expect(deadlines.size).toBe(3);
    jest.advanceTimersByTime(40);
    expect(ended).toEqual(['4 done', '1 done', '5 done', '2 done', '3 late', '6 late', '7 late']);
    expect(deadlines.size).toBe(0);
  });

  it('says at the deadline what was known by then', async () => {
    const deadlines = new Deadlines<string>(1, late);
    const refused = deadlines.begin((wait) => {
      wait.known = new Error('refused');
    });
    await expect(refused).rejects.toThrow('refused');
  });

  it('drains once the last wait has ended', async () => {
    const deadlines = new Deadlines<string>(60_000, late);
    let open: Wait<string> | undefined;
    void deadlines.begin((wait) => {
      open = wait;
    });
    let isDrained = false;
    const drained = deadlines.drain().then(() => {
      isDrained = true;
    });
    await Promise.resolve();
    expect(isDrained).toBe(false);
    open?.resolve('done');
    await drained;
    await deadlines.drain();
  });
});
