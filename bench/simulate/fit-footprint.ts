import { createAppender, createSettler, openBlockingSource, openStream } from '@millrace/stream-client';
import type { Redis } from 'ioredis';
import { EventMaker } from '../load/events.ts';
import { startRedis } from '../processes/redis-level.ts';

/** What an event takes besides time, in bytes. */
export interface Footprint {
  /** Of Redis' memory, while it waits and once it is done; until its lifetimes are over, it is the sum of both. */
  readonly memory: { readonly accepted: number; readonly done: number };
  /** To Redis and from it, with appending, reading and settling. */
  readonly network: { readonly toRedis: number; readonly fromRedis: number };
}

const EVENTS = 20_000;
const AT_ONCE = 1_000;
const CONSUMER = 'footprint';

/** Measured with events whose data have so many bytes, along one route, done with the first attempt. */
export async function measureFootprint(dataBytes: number): Promise<Footprint> {
  const server = await startRedis('memory');
  const { redis, url } = server;
  const stream = await openStream({ redisUrl: url, durability: 'memory' });
  try {
    const appender = createAppender(stream, { maxBacklog: 1e9, deadlineMs: 30_000 });
    const events = new EventMaker(dataBytes);
    const before = await takeStock(redis);
    for (let left = EVENTS; left > 0; left -= AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, () => appender.append(events.next())));
    const accepted = await takeStock(redis);
    const source = await openBlockingSource(stream, CONSUMER, 10);
    const settler = createSettler(stream, CONSUMER);
    const detail = { version: 'v1', effects: [{ step: '0', state: 'done', server: 'aws', tool: 'risk.score' }] };
    const outcomes = [{ route: 'score-order', state: 'done', attempt: 1, detail }] as const;
    for (let entries = await source.read(AT_ONCE); entries.length > 0; entries = await source.read(AT_ONCE))
      await Promise.all(entries.map((entry) => settler.settle({ entry, routes: ['score-order'], outcomes })));
    const done = await takeStock(redis);
    await source.close();
    const each = (bytes: number) => Math.round(bytes / EVENTS);
    return {
      memory: { accepted: each(accepted.memory - before.memory), done: each(done.memory - accepted.memory) },
      network: { toRedis: each(done.in - before.in), fromRedis: each(done.out - before.out) },
    };
  } finally {
    await stream.close();
    await server.stop();
  }
}

async function takeStock(redis: Redis) {
  const info = await redis.info('everything');
  const number = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
  return {
    memory: number('used_memory'),
    in: number('total_net_input_bytes'),
    out: number('total_net_output_bytes'),
  };
}
