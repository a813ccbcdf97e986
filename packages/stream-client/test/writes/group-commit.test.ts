import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { GroupCommit, type GroupCommitOptions } from '../../src/writes/group-commit.js';

/** Items that are their own results, once the test says so. */
function gathering(options: Partial<GroupCommitOptions<number, number>> = {}) {
  const left: (readonly number[])[] = [];
  const answers: (() => void)[] = [];
  const commits = new GroupCommit<number, number>({
    commit: (items) => {
      left.push(items);
      return new Promise((resolve) => answers.push(() => resolve(items)));
    },
    sizeOf: () => 1,
    maxBatch: 8,
    maxBatchBytes: 1_000,
    maxQueued: 100,
    maxInFlight: 2,
    ...options,
  });
  const results: number[] = [];
  const errors: unknown[] = [];
  const waiter = {
    resolve: (result: number) => void results.push(result),
    reject: (error: unknown) => void errors.push(error),
  };
  const submit = (...items: number[]) => {
    for (const item of items) commits.submitFor(item, waiter);
  };
  const answer = () => answers.shift()?.();
  return { left, submit, answer, commits, results, errors };
}

describe('GroupCommit', () => {
  it('lets a few items leave together at the end of the turn', async () => {
    const { left, submit } = gathering({ enough: 4 });
    submit(1, 2);
    await Promise.resolve();
    submit(3);
    await Promise.resolve();
    expect(left).toEqual([]);
    await nextTurn();
    expect(left).toEqual([[1, 2, 3]]);
  });

  it('lets enough items leave before the turn ends, with all that the same callback submits', async () => {
    const { left, submit } = gathering({ enough: 4 });
    submit(1, 2, 3);
    await Promise.resolve();
    submit(4, 5, 6);
    expect(left).toEqual([]);
    await Promise.resolve();
    expect(left).toEqual([[1, 2, 3, 4, 5, 6]]);
    submit(7);
    await nextTurn();
    expect(left).toEqual([[1, 2, 3, 4, 5, 6], [7]]);
  });

  it('lets a full round trip leave at once', () => {
    const { left, submit } = gathering();
    submit(1, 2, 3, 4, 5, 6, 7, 8, 9);
    expect(left).toEqual([[1, 2, 3, 4, 5, 6, 7, 8]]);
  });

  it('gathers what comes while all round trips are under way, and gives everybody their own result', async () => {
    const { left, submit, answer, commits, results } = gathering({ maxInFlight: 1, enough: 2, maxBatch: 3 });
    submit(1, 2, 3, 4, 5, 6, 7);
    await nextTurn();
    expect(left).toEqual([[1, 2, 3]]);
    answer();
    await waitUntil(() => left.length === 2, 'the next has left');
    expect(left[1]).toEqual([4, 5, 6]);
    answer();
    await waitUntil(() => left.length === 3, 'the last has left');
    answer();
    await commits.drain();
    expect(results).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('refuses what there is no room for, and takes no more bytes on a round trip than it may', async () => {
    const { left, submit, errors } = gathering({ maxQueued: 3, maxInFlight: 0, maxBatch: 100 });
    submit(1, 2, 3, 4);
    expect(errors).toMatchObject([{ code: 'STREAM_OVERLOADED' }]);
    const bytes = gathering({ sizeOf: (item) => item, maxBatchBytes: 10 });
    bytes.submit(6, 5, 30, 1);
    await nextTurn();
    expect([left, bytes.left]).toEqual([[], [[6], [5]]]);
  });
});
