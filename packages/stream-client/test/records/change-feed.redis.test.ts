import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { openStream } from '../../src/open-stream.js';
import { openChangeFeed } from '../../src/records/change-feed.js';
import type { Stream } from '../../src/stream.js';

let server: RedisServer;
let stream: Stream;
let onlooker: Stream;

beforeAll(async () => {
  server = await startRedisServer();
  stream = await openStream({ redisUrl: server.url });
  onlooker = await openStream({ redisUrl: server.url });
});

afterAll(async () => {
  await stream.close();
  await onlooker.close();
  await server.stop();
});

it('goes where the commands go: after their connection was lost, it listens over a new one', async () => {
  const heard: string[] = [];
  const feed = await openChangeFeed({ home: stream, all: [stream] }, (refs) => heard.push(...refs));
  const before = await listenerId();
  stream.redis.disconnect(true);
  await waitUntil(async () => ![undefined, before].includes(await listenerId()), 'it has moved');
  await onlooker.redis.spublish(stream.keys.changes, '0-1-1');
  await waitUntil(() => heard.length > 0, 'a change is heard');
  expect(heard).toEqual(['0-1-1']);
  await feed.close();
  await waitUntil(async () => (await listenerId()) === undefined, 'it has ended');
});

async function listenerId(): Promise<string | undefined> {
  const list = String(await onlooker.redis.client('LIST'));
  return /^id=(\d+) .* ssub=1 /m.exec(list)?.[1];
}
