import { describe, expect, it } from '@jest/globals';
import { type Gathering, GroupCommit } from '../src/group-commit.js';

/** Commits that are answered at once, and what they carried. */
function prepare(gather?: Gathering) {
  const batches: (readonly number[])[] = [];
  const commits = new GroupCommit<number, number>({
    commit: async (items) => {
      batches.push(items);
      return items;
    },
    maxBatch: 10,
    maxBatchBytes: 1_000,
    sizeOf: () => 1,
    maxQueued: 100,
    maxInFlight: 2,
    ...(gather === undefined ? {} : { gather }),
  });
  return { commits, batches };
}

const LONG_MS = 600_000;

describe('GroupCommit', () => {
  it('lets whatever is submitted in one turn leave together, and answers each', async () => {
    const { commits, batches } = prepare();
    expect(await Promise.all([1, 2, 3].map((item) => commits.submit(item)))).toEqual([1, 2, 3]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('lets an item leave at once where none has left before it', async () => {
    const { commits } = prepare({ items: 3, ms: LONG_MS });
    expect(await commits.submit(1)).toBe(1);
  });

  it('lets those that follow a batch leave as soon as they are many', async () => {
    const { commits, batches } = prepare({ items: 3, ms: LONG_MS });
    await commits.submit(1);
    const first = commits.submit(2);
    await new Promise(setImmediate);
    const others = [commits.submit(3), commits.submit(4)];
    expect(await Promise.all([first, ...others])).toEqual([2, 3, 4]);
    expect(batches).toEqual([[1], [2, 3, 4]]);
  });

  it('lets those that follow a batch leave when their time is over, however few they are', async () => {
    const { commits, batches } = prepare({ items: 3, ms: 20 });
    await commits.submit(1);
    const second = commits.submit(2);
    await new Promise(setImmediate);
    const third = commits.submit(3);
    expect(await Promise.all([second, third])).toEqual([2, 3]);
    expect(batches.flat()).toEqual([1, 2, 3]);
  });

  it('is drained once those that gather have left as well', async () => {
    const { commits, batches } = prepare({ items: 3, ms: 20 });
    await commits.submit(1);
    void commits.submit(2);
    await commits.drain();
    expect(batches).toEqual([[1], [2]]);
  });
});
