import { afterEach, describe, expect, it, jest } from '@jest/globals';
// Not exported: what appends and settlements wait with.
import { Deadlines, type Wait } from '../src/deadlines.js';

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
