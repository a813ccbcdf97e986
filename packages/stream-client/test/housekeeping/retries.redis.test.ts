import { expect, it } from '@jest/globals';
import { createAppender, promoteDue } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { anEvent } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

setStage();

it('promoteDue tells each of those who run it at once what it moved itself, so that nobody goes on for the work of others', async () => {
  const appender = createAppender(stream, { maxBacklog: 100, deadlineMs: 60_000 });
  const deliverat = new Date(Date.now() + 1_000).toISOString();
  await Promise.all(Array.from({ length: 20 }, (_, at) => appender.append(anEvent(`e${at}`, {}, { deliverat }))));
  await waitUntil(async () => {
    const [seconds] = await stream.redis.time();
    return (await stream.redis.zcount(stream.keys.due, '-inf', Number(seconds) * 1_000)) === 20;
  }, 'all are due');
  const moved = await Promise.all([1, 2, 3, 4].map(() => promoteDue(stream, 20)));
  expect(moved.reduce((sum, count) => sum + count, 0)).toBe(20);
  expect(await promoteDue(stream, 20)).toBe(0);
});
