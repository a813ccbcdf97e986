import { send } from '../connection/connection.js';
import { askTime } from '../redis-server/partition-node.js';
import { runScript } from '../scripts.js';
import type { Stream } from '../stream.js';

/** How long settled entries stay in the stream. Unsettled ones always stay. */
export interface Retention {
  readonly maxAgeMs: number;
  /** Most bytes of Redis memory that the stream should take, settled and unsettled together. */
  readonly maxBytes: number;
}

/** Looked at in one call, so that Redis is not held up. */
export const MAX_ENTRIES_PER_TRIM = 10_000;

/**
 * Drops settled entries that are older than the retention, or the oldest of them while the stream is larger than it.
 * Never one that a group has still to read or settle. Bounded work; resolves with how many were dropped, so call again while there are many.
 */
export async function trimSettled(stream: Stream, retention: Retention): Promise<number> {
  const { keys, redis } = stream;
  const byAge = await trimBelow(stream, `${Math.max(0, (await askTime(stream)) - retention.maxAgeMs)}-0`);
  const bytes = Number(await send('MEMORY USAGE', redis.memory('USAGE', keys.events, 'SAMPLES', 20)));
  if (bytes <= retention.maxBytes) return byAge;
  const surplus = Math.ceil((await send('XLEN', redis.xlen(keys.events))) * (1 - retention.maxBytes / bytes));
  return surplus <= 0 ? byAge : byAge + (await trimBelow(stream, BEYOND_ALL, Math.min(surplus, MAX_ENTRIES_PER_TRIM)));
}

/** Above every entry id that there can be: what may go is then told by what is still needed. */
const BEYOND_ALL = `${Number.MAX_SAFE_INTEGER}-0`;

async function trimBelow(stream: Stream, limitId: string, maxEntries = MAX_ENTRIES_PER_TRIM): Promise<number> {
  return (await runScript(stream.redis, 'trim', [stream.keys.events], [limitId, maxEntries])) as number;
}
