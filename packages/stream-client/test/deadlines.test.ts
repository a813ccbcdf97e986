import { describe, expect, it } from '@jest/globals';
// Not exported: what appends and settlements wait with.
import { Deadlines, type Wait } from '../src/deadlines.js';

const late = () => new Error('late');

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
    const deadlines = new Deadlines<string>(40, late);
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    const first = deadlines.begin(() => undefined).catch(note('first'));
    let second: Wait<string> | undefined;
    await new Promise((resolve) => setTimeout(resolve, 20));
    const other = deadlines.begin((wait) => {
      second = wait;
    });
    // An unref'd timer alone would not keep this process waiting.
    const keepAlive = setInterval(() => undefined, 10);
    await first;
    expect(second?.isOpen).toBe(true);
    await other.catch(note('second'));
    clearInterval(keepAlive);
    expect(order).toEqual(['first', 'second']);
    expect(second?.isOpen).toBe(false);
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
