import { createAppender, openStream, type Stream } from '@millrace/stream-client';
import type { BenchRedis } from '../processes/redis-level.ts';
import { EVENT_TYPE, EventMaker } from './events.ts';

/** Our own stream, filled through the package that producers use. */
export interface MillraceStream {
  readonly stream: Stream;
  readonly fill: (count: number) => Promise<void>;
  /** Entries not acknowledged and deliveries that wait, as our scripts count them. */
  readonly remaining: () => Promise<number>;
  close(): Promise<void>;
}

export async function openMillraceStream({ url, level }: BenchRedis, dataBytes = 0): Promise<MillraceStream> {
  const stream = await openStream({ redisUrl: url, durability: level, clientName: 'millrace-bench' });
  const appender = createAppender(stream, { maxBacklog: 1_000_000_000, deadlineMs: 30_000 });
  const events = new EventMaker(dataBytes);
  return {
    stream,
    fill: async (count) => {
      for (let left = count; left > 0; left -= 4_096) {
        const appends = Array.from({ length: Math.min(left, 4_096) }, () => appender.append(events.next(EVENT_TYPE)));
        for (const { kind } of await Promise.all(appends))
          if (kind !== 'accepted') throw new Error(`an event is ${kind}`);
      }
    },
    remaining: async () => Number(await stream.redis.hget(stream.keys.counters, 'backlog')),
    close: () => stream.close(),
  };
}
