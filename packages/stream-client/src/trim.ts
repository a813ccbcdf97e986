import { send } from './connection.js';
import { runScript } from './scripts.js';
import type { Stream } from './stream.js';

/** How long settled entries stay in the stream. Unsettled ones always stay. */
export interface Retention {
  readonly maxAgeMs: number;
  /** Most bytes of Redis memory that the stream should take, settled and unsettled together. */
  readonly maxBytes: number;
}

const MAX_ENTRIES_PER_TRIM = 10_000;

/**
 * Drops settled entries that are older than the retention, or the oldest of them while the stream is larger than it.
 * Never one that a group has still to read or settle. Bounded work; resolves with how many were dropped.
 */
export async function trimSettled(stream: Stream, retention: Retention): Promise<number> {
  const { keys, redis } = stream;
  const [seconds] = await send('TIME', redis.time());
  const byAge = await trimBelow(stream, `${Math.max(0, Number(seconds) * 1_000 - retention.maxAgeMs)}-0`);
  const bytes = Number(await send('MEMORY USAGE', redis.memory('USAGE', keys.events, 'SAMPLES', 20)));
  if (bytes <= retention.maxBytes) return byAge;
  const surplus = Math.ceil((await send('XLEN', redis.xlen(keys.events))) * (1 - retention.maxBytes / bytes));
  const oldest = await send('XRANGE', redis.xrange(keys.events, '-', '+', 'COUNT', Math.min(surplus, 1_000)));
  const limitId = oldest.at(-1)?.[0];
  return limitId === undefined ? byAge : byAge + (await trimBelow(stream, limitId));
}

async function trimBelow(stream: Stream, limitId: string): Promise<number> {
  return (await runScript(stream.redis, 'trim', [stream.keys.events], [limitId, MAX_ENTRIES_PER_TRIM])) as number;
}
