import { send } from '../connection/connection.js';
import type { Stream } from '../stream.js';

/** Redis' clock, read now and then and carried on by this process's monotonic one: no host's wall clock is trusted. */
export interface StreamClock {
  /** Ms since the epoch by Redis' clock, as of the last `refresh`, carried on since. */
  now(): number;
  /** Asks Redis. Throws STREAM_UNAVAILABLE; the clock then goes on from the last answer. */
  refresh(): Promise<void>;
}

export async function openClock(stream: Stream): Promise<StreamClock> {
  let redisMs = 0;
  let readAt = 0;
  const refresh = async () => {
    const [seconds, microseconds] = await send('TIME', stream.redis.time());
    redisMs = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
    readAt = performance.now();
  };
  await refresh();
  return { refresh, now: () => redisMs + (performance.now() - readAt) };
}
