// The smallest publisher: puts one event on the stream, once, however often it is run with the same id.
//
//   node examples/publish.ts order-1
import { randomUUID } from 'node:crypto';
import type { Event } from '@millrace/events';
import { createAppender, openStream } from '@millrace/stream-client';

const stream = await openStream({
  redisUrl: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
  namespace: 'examples',
  durability: 'memory', // `fsync` where Redis runs with appendfsync always
});
const appender = createAppender(stream, { maxBacklog: 100_000, deadlineMs: 5_000 });

const identity = { id: process.argv[2] ?? randomUUID(), source: '/examples/publish', type: 'com.example.greeting' };
const event: Event = {
  ...identity,
  attributes: { specversion: '1.0', ...identity, datacontenttype: 'application/json' },
  data: { kind: 'json', bytes: Buffer.from('{"text":"hello"}') },
};

// `accepted`, or `duplicate` with the ref of the first one. If the answer is lost, the same call is repeated inside.
const result = await appender.append(event);
console.log(JSON.stringify({ id: event.id, ...result }));

await stream.close();
