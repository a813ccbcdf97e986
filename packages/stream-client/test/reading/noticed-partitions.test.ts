import { expect, it } from '@jest/globals';
import type { Stream } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { NoticedPartitions } from '../../src/reading/noticed-partitions.js';

/** A partition that is asked whether it is there, and answers when the test says so. */
function aPartition() {
  const asked: { resolve(length: number): void; reject(error: Error): void }[] = [];
  const xlen = () => new Promise<number>((resolve, reject) => asked.push({ resolve, reject }));
  return { stream: { redis: { xlen }, keys: { events: 'events' } } as unknown as Stream, asked };
}

it('a partition that could not be read is not asked for entries until it has answered, whoever notices it', async () => {
  const { stream, asked } = aPartition();
  let notices = 0;
  const noticed = new NoticedPartitions(
    [stream],
    () => 0,
    () => {
      notices += 1;
    },
  );
  noticed.rest(stream);
  noticed.notice(stream);
  expect(noticed.size).toBe(0);
  await waitUntil(() => asked.length === 1, 'it is asked');
  asked[0]?.reject(new Error('Command timed out'));
  await waitUntil(() => asked.length === 2, 'it is asked again');
  expect(noticed.take(16)).toEqual([]);
  asked[1]?.resolve(0);
  await waitUntil(() => notices === 1, 'it is noticed');
  expect(noticed.take(16)).toEqual([stream]);
  noticed.close();
});
